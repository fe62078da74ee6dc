"""How the commands of this project start, what they print, and how they fail.

A command says what is wrong with its input in one line, and prints nothing but its own lines:
TensorFlow and its libraries report on devices and on what they did to a graph, which says nothing
to someone who turns a photograph into a face. `--verbosity=1` shows everything, tracebacks
included.
"""

import argparse
import contextlib
import gc
import itertools
import logging
import os
import sys
import tempfile
from collections.abc import Callable, Iterator

from absl import app, flags
from absl import logging as absl_logging
from absl.flags import argparse_flags

import flag_groups

# What a command raises where its input is wrong; anything else is a fault of the program.
INPUT_ERRORS = (OSError, ValueError, FloatingPointError)

ArgumentParser = argparse_flags.ArgumentParser

FLAGS = flags.FLAGS
# absl answers these as well, but without groups, and as if they were an error.
_HELP = {"--help", "-help", "--helpshort", "-helpshort", "-h"}


def run(
    name: str,
    main: Callable[[list[str]], None],
    define_flags: Callable[[], None],
) -> None:
    """Runs a command that has flags, and leaves the process.

    Args:
      name: of the command, such as "train.py"; the line of an error begins with it.
      main: called with the command's name and the arguments that are left after the flags.
      define_flags: defines the flags; they count as those of the command.
    """
    # absl shows the main module's flags under this name, which may be a path of the machine.
    sys.argv[0] = name
    libraries = set(FLAGS)
    define_flags()
    if not _HELP.isdisjoint(itertools.takewhile(lambda argument: argument != "--", sys.argv)):
        own = [flag for flag in FLAGS if flag not in libraries]
        print(flag_groups.help_text(sys.modules["__main__"].__doc__ or name, own), end="")
        sys.exit()
    app.run(_guarded(name, main))


def run_subcommand(name: str, parser: argparse.ArgumentParser) -> None:
    """Runs a command that has subcommands, and leaves the process.

    Args:
      name: of the command; the line of an error begins with it.
      parser: an `ArgumentParser` of this module, whose subcommands set `run` to a function of the
        parsed arguments.
    """
    app.run(
        _guarded(name, lambda options: options.run(options)),
        flags_parser=lambda argv: parser.parse_args(argv[1:]),
    )


def positive_integer(text: str) -> int:
    """Reads the value of an option that counts something.

    Raises:
      ValueError, argparse.ArgumentTypeError: it is no whole number, or below 1.
    """
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{value} is below 1")
    return value


def _guarded(name, main):
    def run_main(arguments):
        # A file name with bytes that are no text must not end a command after its work.
        for stream in (sys.stdout, sys.stderr):
            stream.reconfigure(errors="backslashreplace")
        _use_plain_log()
        with one_line_errors(name):
            main(arguments)

    return run_main


@contextlib.contextmanager
def one_line_errors(name: str) -> Iterator[None]:
    """Turns errors of the input into one line and exit status 1."""
    try:
        yield
    except INPUT_ERRORS as error:
        if absl_logging.level_debug():
            raise
        sys.exit(f"{name}: {_sentence(error)}")


def _sentence(error: Exception) -> str:
    """What went wrong; without the number and the quotes of an error of the system."""
    if isinstance(error, OSError) and error.filename and error.strerror:
        return f"{os.fsdecode(error.filename)}: {error.strerror.lower()}"
    return str(error)


def import_tensorflow(find_devices: bool = True) -> None:
    """Imports TensorFlow and looks for devices, without the lines that both print.

    A command calls this before it imports what needs TensorFlow, and after all that can be said
    about its flags: the import takes seconds.

    Those lines are written before any setting is read, so they are caught with the stream itself.
    They are shown if the import fails, at `--verbosity=1`, and where TF_CPP_MIN_LOG_LEVEL is set to
    0 or 1.

    Args:
      find_devices: whether to look for devices, after which a process cannot be forked.
    """
    verbose = absl_logging.level_debug() or os.environ.get("TF_CPP_MIN_LOG_LEVEL") in ("0", "1")
    # Its graph optimizer reports as errors what it then does without; real ones are exceptions.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "0" if verbose else "3")
    # All networks here are of tf_keras. Without this TensorFlow imports Keras 3 and Matplotlib too,
    # which takes as long as a fourth of TensorFlow itself.
    os.environ.setdefault("TF_USE_LEGACY_KERAS", "1")
    with contextlib.nullcontext() if verbose else _stderr_held_back(), _no_garbage():
        import tensorflow as tf

        if find_devices:
            tf.config.list_physical_devices()
    if not verbose:
        tf.get_logger().setLevel(logging.ERROR)
        tf.autograph.set_verbosity(0)


def show_progress(*loggers: str) -> None:
    """Shows the progress that these loggers report; other libraries stay at warnings."""
    for name in loggers:
        logging.getLogger(name).setLevel(logging.INFO)


@contextlib.contextmanager
def _no_garbage() -> Iterator[None]:
    """Collects no garbage meanwhile, and never looks again at what is there afterwards.

    An import makes millions of objects that stay. To look through them again and again takes a
    fifth of the time of TensorFlow's.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_enabled:
            gc.enable()


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


def _use_plain_log() -> None:
    """Logs without the date, process and source line that absl begins with, and ours alone."""
    absl_logging.get_absl_handler().setFormatter(_PlainFormatter())
    # absl shows the progress of all libraries by default.
    if absl_logging.get_verbosity() == absl_logging.INFO:
        logging.getLogger().setLevel(logging.WARNING)


class _PlainFormatter(logging.Formatter):
    """The message alone; what is more than progress begins with its level."""

    def format(self, record: logging.LogRecord) -> str:
        text = super().format(record)
        return text if record.levelno <= logging.INFO else f"{record.levelname.lower()}: {text}"
