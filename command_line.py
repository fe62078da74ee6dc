"""How the commands of this project start, what they print, and how they fail.

A command says what is wrong with its input in one line, and prints nothing but its own lines:
TensorFlow and its libraries report on devices and on what they did to a graph, which is no news to
who turns a photograph into a face. `--verbosity=1` shows everything, tracebacks included.
"""

import argparse
import contextlib
import logging
import os
import sys
import tempfile
from collections.abc import Callable, Iterator

from absl import app
from absl import logging as absl_logging
from absl.flags import argparse_flags

# What a command raises where its input is wrong; anything else is a fault of the program.
INPUT_ERRORS = (OSError, ValueError, FloatingPointError)

ArgumentParser = argparse_flags.ArgumentParser


def run(
    name: str,
    main: Callable[[list[str] | argparse.Namespace], None],
    parser: argparse.ArgumentParser | None = None,
) -> None:
    """Runs a command, and leaves the process.

    Args:
      name: of the command; it begins the line of an error.
      main: called with the arguments that are left after the flags, the program's own name first;
        with a parser, with its result.
      parser: for commands that have subcommands; an `ArgumentParser` of this module.
    """

    def guarded(arguments):
        with _plain_log(), one_line_errors(name):
            import_tensorflow()
            main(arguments)

    parse = None if parser is None else lambda argv: parser.parse_args(argv[1:])
    app.run(guarded, flags_parser=parse)


@contextlib.contextmanager
def one_line_errors(name: str) -> Iterator[None]:
    """Turns errors of the input into one line and exit status 1."""
    try:
        yield
    except INPUT_ERRORS as error:
        if absl_logging.level_debug():
            raise
        sys.exit(f"{name}: {error}")


def import_tensorflow() -> None:
    """Imports TensorFlow and looks for devices, without the lines that both print.

    Those lines are written before any setting is read, so they are caught with the stream itself.
    They are shown if the import fails, at `--verbosity=1`, and where TF_CPP_MIN_LOG_LEVEL is set to
    0 or 1.
    """
    verbose = absl_logging.level_debug() or os.environ.get("TF_CPP_MIN_LOG_LEVEL") in ("0", "1")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    with contextlib.nullcontext() if verbose else _stderr_held_back():
        import tensorflow as tf

        tf.config.list_physical_devices()
    if not verbose:
        tf.get_logger().setLevel(logging.ERROR)
        tf.autograph.set_verbosity(0)


@contextlib.contextmanager
def _stderr_held_back() -> Iterator[None]:
    """Keeps what is written to the error stream, by C++ too; prints it if the block raises."""
    sys.stderr.flush()
    own = os.dup(2)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        except BaseException:
            os.dup2(own, 2)
            held.seek(0)
            os.write(2, held.read())
            raise
        finally:
            sys.stderr.flush()
            os.dup2(own, 2)
            os.close(own)


@contextlib.contextmanager
def _plain_log() -> Iterator[None]:
    """Logs our own progress without the date, process and source line that absl begins with."""
    handler = absl_logging.get_absl_handler()
    handler.setFormatter(_PlainFormatter())
    yield


class _PlainFormatter(logging.Formatter):
    """The message alone; what is more than progress begins with its level."""

    def format(self, record: logging.LogRecord) -> str:
        text = super().format(record)
        return text if record.levelno <= logging.INFO else f"{record.levelname.lower()}: {text}"
