"""Random calls of each TensorFlow op, in a child process, so that a crash names its seed.

`make fuzz` runs `python -m tests.mesh_renderer.fuzz_ops 100000`, with ops that are compiled with
sanitizers. `1 OP --seed=N` makes one call again; with `--plain` the package's own library is taken,
which needs no compilation.
"""

import argparse
import inspect
import os
import pathlib
import resource
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence

import tensorflow as tf

from mesh_renderer import build_kernels
from tests.mesh_renderer import random_calls

# The sanitizer of all undefined behavior rejects TensorFlow's own headers.
_SANITIZERS = (
    *("-O1", "-g1", "-fno-sanitize-recover=all", "-Wno-maybe-uninitialized"),
    "-fsanitize=address,signed-integer-overflow,shift,bounds,float-cast-overflow",
)
_SANITIZER_OPTIONS = "detect_leaks=0:alloc_dealloc_mismatch=0:allocator_may_return_null=1"
_SECONDS_PER_CALL = 60
_MOST_MEMORY = 8 << 30


class FuzzFinding(RuntimeError):
    """A call that crashed, hung, or did not do as documented; the message holds its seed."""


def build(folder: pathlib.Path) -> pathlib.Path:
    """Compiles the ops with sanitizers."""
    library = folder / "ops.so"
    build_kernels.compile_op_library(library, build_kernels.sources(), _SANITIZERS)
    return library


def run(
    ops: Sequence[str], calls: int, first_seed: int = 0, library: pathlib.Path | None = None
) -> str:
    """Makes calls of ops in a child process.

    Args:
      ops: some of `random_calls.OPS`.
      calls: how many of each.
      first_seed: that of the first call; each following one has the next number.
      library: the ops, compiled with sanitizers; without it the package's own are taken.

    Returns:
      A line for each op.

    Raises:
      FuzzFinding: a call crashed, took more than a minute, or did not do as documented.
    """
    environment = dict(os.environ, TF_CPP_MIN_LOG_LEVEL="2")
    if library is not None:
        environment["LD_PRELOAD"] = _sanitizer_runtime()
        environment["ASAN_OPTIONS"] = f"{_SANITIZER_OPTIONS}:max_allocation_size_mb=4096"
    path = library or build_kernels.ensure_built()
    command = [sys.executable, "-m", "tests.mesh_renderer.fuzz_ops", str(calls), *ops]
    return watch([*command, f"--seed={first_seed}", f"--child={path}"], environment)


def watch(command: list[str], environment: dict[str, str]) -> str:
    """Runs a child that keeps the op and the seed of its current call in the file CURRENT_CALL.

    Returns:
      What the child prints.

    Raises:
      FuzzFinding: the child failed.
    """
    with tempfile.NamedTemporaryFile("r") as file:
        environment = dict(environment, CURRENT_CALL=file.name)
        result = subprocess.run(
            command, env=environment, capture_output=True, text=True, check=False
        )
        if result.returncode == 0:
            return result.stdout
        op, seed = (file.read().split() + ["?", "?"])[:2]
    end = result.returncode
    cause = f"ended by {signal.Signals(-end).name}" if end < 0 else f"exit status {end}"
    raise FuzzFinding(
        f"{op}, seed {seed}: {cause}\n{_what_matters(result.stderr)}\nto repeat it: "
        f"python -m tests.mesh_renderer.fuzz_ops 1 {op} --seed={seed}"
    )


def _sanitizer_runtime() -> str:
    """The libraries that must be loaded before Python itself, of C++ so that it can throw."""
    compiler = os.environ.get("CXX", "g++")
    return " ".join(
        subprocess.check_output([compiler, f"-print-file-name={name}"], text=True).strip()
        for name in ("libasan.so", "libstdc++.so")
    )


def _what_matters(log: str) -> str:
    """The start of a sanitizer's report, or the end of any other log."""
    start = log.find("ERROR: AddressSanitizer")
    return log[-3000:] if start < 0 else log[start : start + 3000]


class Caller:
    """Calls one op of a library, and checks that it does as documented or refuses."""

    def __init__(self, library, op: str):
        self._op = op
        self._function = getattr(library, f"mesh_renderer_{op}")
        names = inspect.signature(self._function).parameters
        self._parameters = [name for name in names if name != "name"]

    def call(self, seed: int) -> None:
        """Makes the call of a seed; of every fiftieth also the node of a graph.

        Raises:
          AssertionError: the op refuses what is documented, or gives another shape.
          Exception: the op fails in another way than by refusing its inputs.
        """
        call = random_calls.draw(self._op, self._parameters, seed)
        try:
            self._check_shapes(self._function(**call.arguments), call)
        except (tf.errors.InvalidArgumentError, tf.errors.ResourceExhaustedError) as error:
            assert call.output_shapes is None, f"refused: {error}"
        if seed % 50 == 0:
            self._trace(call)

    def _trace(self, call):
        """Runs nothing but the op's shape function."""
        with tf.Graph().as_default():
            arguments = {
                name: tf.compat.v1.placeholder(value.dtype, value.shape)
                if hasattr(value, "shape")
                else value
                for name, value in call.arguments.items()
            }
            try:
                self._check_shapes(self._function(**arguments), call)
            except (tf.errors.InvalidArgumentError, ValueError) as error:
                assert call.output_shapes is None, f"refused in a graph: {error}"

    @staticmethod
    def _check_shapes(outputs, call):
        if call.output_shapes is None:
            return
        outputs = outputs if isinstance(outputs, tuple) else (outputs,)
        shapes = [tuple(output.shape) for output in outputs]
        assert shapes == call.output_shapes, f"shapes {shapes}, expected {call.output_shapes}"


def _be_the_child(library: str, ops: list[str], calls: int, first_seed: int) -> None:
    if "LD_PRELOAD" not in os.environ:
        resource.setrlimit(resource.RLIMIT_DATA, (_MOST_MEMORY, _MOST_MEMORY))
    loaded = tf.load_op_library(library)
    with open(os.environ["CURRENT_CALL"], "w") as file:
        for op in ops:
            caller = Caller(loaded, op)
            for seed in range(first_seed, first_seed + calls):
                os.pwrite(file.fileno(), f"{op} {seed}".ljust(60).encode(), 0)
                signal.alarm(_SECONDS_PER_CALL)
                caller.call(seed)
            print(f"{calls} calls of {op}: no finding", flush=True)


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("calls", type=int, help="calls of each op")
    parser.add_argument("ops", nargs="*", default=random_calls.OPS, help="by default all")
    parser.add_argument("--seed", type=int, default=0, help="seed of the first call")
    parser.add_argument("--plain", action="store_true", help="without sanitizers")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> None:
    options = _parse()
    if options.child:
        return _be_the_child(options.child, options.ops, options.calls, options.seed)
    with tempfile.TemporaryDirectory() as folder:
        library = None if options.plain else build(pathlib.Path(folder))
        for op in options.ops:
            print(run([op], options.calls, options.seed, library), end="", flush=True)


if __name__ == "__main__":
    main()
