"""Random calls of the core under AddressSanitizer and UndefinedBehaviorSanitizer.

`make fuzz` runs `python -m tests.mesh_renderer.fuzz 1000000`. A call takes one random mesh through
everything, and each instruction set that this processor has gets a third of the calls.
"""

import os
import pathlib
import subprocess
import sys
import tempfile

from mesh_renderer import build_kernels

_SANITIZERS = (
    *(
        "-O1",
        "-g1",
        "-fsanitize=address,undefined,float-cast-overflow",
        "-fno-sanitize-recover=all",
    ),
    "-Wno-maybe-uninitialized",
)
INSTRUCTION_SETS = ("baseline", "avx2", "avx512")


def build(folder: pathlib.Path) -> pathlib.Path:
    """Compiles the fuzzer and the core with sanitizers."""
    program = folder / "fuzz_core"
    source = pathlib.Path(__file__).with_name("fuzz_core.cc")
    build_kernels.compile_core(program, [source], _SANITIZERS)
    return program


def run(program: pathlib.Path, instruction_set: str, calls: int, seed: int) -> str:
    """Runs the fuzzer with an instruction set, or with `baseline` if the processor lacks it.

    Raises:
      RuntimeError: the sanitizers found something; the message is theirs.
    """
    result = subprocess.run(
        [program, str(calls), str(seed)],
        env=dict(os.environ, MESH_RENDERER_ISA=instruction_set),
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode != 0:
        raise RuntimeError(result.stderr)
    return result.stdout


def main(calls: int) -> None:
    """Makes calls with all instruction sets."""
    with tempfile.TemporaryDirectory() as folder:
        program = build(pathlib.Path(folder))
        share = -(-calls // len(INSTRUCTION_SETS))
        for number, instruction_set in enumerate(INSTRUCTION_SETS):
            print(run(program, instruction_set, share, number * share), end="", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]))
