"""Compiles the C++ kernels: `python -m mesh_renderer.build_kernels`, or the first import.

The library is bound to the TensorFlow that it was compiled for, so its name carries a hash of the
sources, of TensorFlow's version and of the flags. It runs on any processor of its architecture. The
file ends with a hash of the library, by which a damaged one is recognized: the system's loader does
not read so far, and ends the process where a library is cut short.
"""

import argparse
import concurrent.futures
import contextlib
import hashlib
import logging
import os
import pathlib
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator

import absl.logging


@contextlib.contextmanager
def _stderr_held_back() -> Iterator[None]:
    """Keeps what is written to the error stream, by C++ too; prints it if the block raises."""
    own = os.dup(2)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        except BaseException:
            held.seek(0)
            os.write(own, held.read())
            raise
        finally:
            os.dup2(own, 2)
            os.close(own)


# TensorFlow writes lines about CUDA and oneDNN before it reads any setting. The command prints
# nothing but its own.
with _stderr_held_back() if __name__ == "__main__" else contextlib.nullcontext():
    import tensorflow as tf

SOURCES = pathlib.Path(__file__).parent / "kernels"

# Contraction to fused multiply-adds would make the two triangles at an edge compute different
# numbers for it, which leaves cracks.
FLAGS = (
    *("-O3", "-std=c++17", "-fPIC", "-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math"),
    *("-Wall", "-Wno-psabi", "-DNDEBUG"),
)

# Sources whose names end so are compiled for these instructions, and used where the processor has
# them.
X86_FLAGS = {
    "_avx2": ("-mavx2", "-mprefer-vector-width=256"),
    "_avx512": (
        *("-mavx512f", "-mavx512dq", "-mavx512bw", "-mavx512vl", "-mprefer-vector-width=512"),
        "-Wno-maybe-uninitialized",  # GCC's own header for these instructions raises it.
    ),
}


class KernelBuildError(RuntimeError):
    """The kernels could not be compiled; the message says what to do."""


def compile_flags() -> list[str]:
    """Returns the flags of all compilations of ops, including TensorFlow's."""
    # TensorFlow's headers raise warnings, which -isystem silences.
    theirs = [
        part
        for flag in tf.sysconfig.get_compile_flags()
        if "-std=" not in flag
        for part in (("-isystem", flag[2:]) if flag.startswith("-I") else (flag,))
    ]
    return [*FLAGS, "-Wno-deprecated-declarations", *theirs]


def sources() -> list[tuple[pathlib.Path, tuple[str, ...]]]:
    """Returns the C++ files for this machine's architecture, each with flags of its own."""
    found = []
    for path in sorted(SOURCES.rglob("*.cc")):
        suffix = next((s for s in X86_FLAGS if path.stem.endswith(s)), None)
        if suffix is None or platform.machine() in ("x86_64", "AMD64"):
            found.append((path, X86_FLAGS.get(suffix, ())))
    return found


def core_sources() -> list[tuple[pathlib.Path, tuple[str, ...]]]:
    """Returns those of `sources` that know nothing of TensorFlow."""
    return [(path, flags) for path, flags in sources() if path.parent == SOURCES]


def library_name() -> str:
    """Returns the library's file name, which depends on all that its content depends on."""
    digest = hashlib.sha256()
    for path in sorted(SOURCES.rglob("*.h")) + sorted(SOURCES.rglob("*.cc")):
        digest.update(
            path.relative_to(SOURCES).as_posix().encode() + b"\0" + path.read_bytes() + b"\0"
        )
    facts = [tf.__version__, platform.machine(), *compile_flags(), *tf.sysconfig.get_link_flags()]
    facts += [flag for flags in X86_FLAGS.values() for flag in flags]
    digest.update("\0".join(facts).encode())
    return f"mesh_renderer_{digest.hexdigest()[:16]}.so"


def folders() -> list[pathlib.Path]:
    """Returns where the library may lie: in the package, or in the user's cache."""
    cache = os.environ.get("XDG_CACHE_HOME")
    try:
        return [SOURCES, pathlib.Path(cache or pathlib.Path.home() / ".cache") / "mesh_renderer"]
    except RuntimeError:  # This user has no home folder.
        return [SOURCES]


def ensure_built() -> pathlib.Path:
    """Returns the path of the library, compiling it where it is missing or damaged.

    Any number of processes may call this at once.

    Raises:
      KernelBuildError: there is no compiler, it fails, or no folder can be written.
    """
    places = [folder / library_name() for folder in folders()]
    for library in places:
        if _is_whole(library):
            return library
    library = next((place for place in places if _can_write(place.parent)), None)
    if library is None:
        tried = " and ".join(str(place.parent) for place in places)
        raise KernelBuildError(
            f"{tried} cannot be written: set XDG_CACHE_HOME to a folder that can be written"
        )
    _build(library)
    return library


def _build(library: pathlib.Path) -> None:
    state = f"{library} is damaged. " if library.exists() else ""
    absl.logging.warning(f"{state}Compiling the renderer's kernels: about a minute.")
    with tempfile.TemporaryDirectory() as folder:
        compiled = pathlib.Path(folder) / library.name
        compile_op_library(compiled, sources())
        try:
            _publish(compiled, library)
        except OSError as error:
            raise KernelBuildError(f"{library} cannot be written: {error}") from error


def _can_write(folder: pathlib.Path) -> bool:
    """Tells whether a folder can be written, by trying: permissions are not all that matters."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def _is_whole(library: pathlib.Path) -> bool:
    """Tells whether a file can be read, and ends with the hash of all that precedes it."""
    try:
        content = library.read_bytes()
    except OSError:
        return False
    size = len(content) - hashlib.sha256().digest_size
    return size > 0 and hashlib.sha256(content[:size]).digest() == content[size:]


def _publish(compiled: pathlib.Path, library: pathlib.Path) -> None:
    """Copies a library and its hash, then renames, so that no process ever sees half a file."""
    content = compiled.read_bytes()
    handle, partial = tempfile.mkstemp(dir=library.parent, suffix=".partial")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content + hashlib.sha256(content).digest())
        shutil.copymode(compiled, partial)
        os.replace(partial, library)
    finally:
        pathlib.Path(partial).unlink(missing_ok=True)


def _compiler() -> str:
    name = os.environ.get("CXX", "g++")
    path = shutil.which(name)
    if path is None:
        raise KernelBuildError(
            f"the C++ compiler {name} was not found: install it (Debian, Ubuntu: apt install g++; "
            "Fedora: dnf install gcc-c++; conda: conda install gxx), or set CXX"
        )
    return path


def compile_op_library(
    target: pathlib.Path,
    files: list[tuple[pathlib.Path, tuple[str, ...]]],
    flags: tuple[str, ...] = (),
) -> None:
    """Compiles a library of TensorFlow ops.

    Args:
      target: the library to be written.
      files: C++ files, each with flags of its own, as `sources` gives them.
      flags: for compiling and linking all of them, after `compile_flags`.

    Raises:
      KernelBuildError: there is no compiler, or it fails.
    """
    compiler = _compiler()
    command = [compiler, *compile_flags(), *flags, f"-I{SOURCES}"]
    with tempfile.TemporaryDirectory() as folder:
        objects = _compile_objects(pathlib.Path(folder), command, files)
        links = [*flags, *tf.sysconfig.get_link_flags()]
        _run([compiler, "-shared", *map(str, objects), "-o", str(target), *links])


def compile_core(target: pathlib.Path, own: list[pathlib.Path], flags: tuple[str, ...]) -> None:
    """Compiles the core, without TensorFlow, together with the files of a test.

    Args:
      target: the program to be written, or the library if "-shared" is among the flags.
      own: C++ files to add.
      flags: for compiling and linking, after `FLAGS`.

    Raises:
      KernelBuildError: there is no compiler, or it fails.
    """
    command = [_compiler(), *FLAGS, *flags, f"-I{SOURCES}"]
    files = core_sources() + [(path, ()) for path in own]
    with tempfile.TemporaryDirectory() as folder:
        objects = _compile_objects(pathlib.Path(folder), command, files)
        _run([*command, *map(str, objects), "-o", str(target)])


def _compile_objects(
    folder: pathlib.Path, command: list[str], files: list[tuple[pathlib.Path, tuple[str, ...]]]
) -> list[pathlib.Path]:
    """Compiles files in parallel to object files in `folder`."""

    def compile_one(source: tuple[pathlib.Path, tuple[str, ...]]) -> pathlib.Path:
        path, own_flags = source
        target = folder / f"{path.stem}.o"
        _run([*command, *own_flags, "-c", str(path), "-o", str(target)])
        return target

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(compile_one, files))


def _run(command: list[str]) -> None:
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise KernelBuildError(f"{' '.join(command)}\nfailed:\n{result.stderr}")


def main(arguments: list[str]) -> None:
    """Builds the library if necessary, and prints its path."""
    description = "Compiles the renderer's kernels where they are missing, and prints their path."
    argparse.ArgumentParser(
        "python -m mesh_renderer.build_kernels", description=description
    ).parse_args(arguments)
    logging.basicConfig(format="%(message)s")
    try:
        print(ensure_built())
    except KernelBuildError as error:
        sys.exit(f"build_kernels: {error}")


if __name__ == "__main__":
    main(sys.argv[1:])
