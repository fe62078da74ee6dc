"""The flags of a command by purpose, and the text of `--help` that lists them so.

Flags that are defined inside of a group are listed under its title, in the order in which they are
defined. A group is a context or the decorator of a function:

    @flag_groups.group("Photographs")
    def define_photographs(): ...
"""

import functools
import shutil
import textwrap
from collections.abc import Callable, Iterable

from absl import flags

# The flags count as those of the script, so that its --help shows them.
flags.disclaim_key_flags()

FLAGS = flags.FLAGS
_UNNAMED = "This command"
_MOST_COLUMNS = 100
# The titles of flags, by the flags' names.
_titles: dict[str, str] = {}


class group:  # noqa: N801 (it is used as a function is)
    """Lists the flags that are defined meanwhile under a title; inner groups keep theirs."""

    def __init__(self, title: str):
        self._title = title

    def __enter__(self) -> None:
        self._before = set(FLAGS)

    def __exit__(self, *error) -> None:
        for name in FLAGS:
            if name not in self._before:
                _titles.setdefault(name, self._title)

    def __call__(self, define: Callable) -> Callable:
        """Decorates a function that defines flags."""

        # Not by contextlib, whose flags they would then be.
        @functools.wraps(define)
        def defined(*arguments, **options):
            with group(self._title):
                return define(*arguments, **options)

        return defined


def help_text(description: str, names: Iterable[str]) -> str:
    """Describes a command and its flags.

    Args:
      description: what it does.
      names: of its flags, in the order in which they are listed within their groups.
    """
    groups: dict[str, list[str]] = {}
    for name in names:
        groups.setdefault(_titles.get(name, _UNNAMED), []).append(name)
    columns = min(_MOST_COLUMNS, shutil.get_terminal_size((_MOST_COLUMNS, 24)).columns)
    parts = [description.strip()]
    for title, own in groups.items():
        parts.append("\n".join([f"{title}:", *(_flag_text(FLAGS[name], columns) for name in own)]))
    parts.append("--helpfull lists the flags of libraries as well.")
    return "\n\n".join(parts) + "\n"


def _flag_text(flag: flags.Flag, columns: int) -> str:
    text = " ".join((flag.help or "").split())
    if isinstance(flag.parser, flags.EnumParser):
        # absl puts the values before the text, and they stand in the usage already.
        text = text.removeprefix(f"<{'|'.join(flag.parser.enum_values)}>: ")
    if default := _default(flag):
        text += f" (default: {default})"
    indent = " " * 6
    filled = textwrap.fill(
        text, columns, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False
    )
    return f"  {_usage(flag)}\n{filled}"


def _usage(flag):
    """How a flag is written."""
    if flag.boolean:
        return f"--[no]{flag.name}"
    match flag.parser:
        case flags.EnumParser(enum_values=values):
            kind = "|".join(values)
        case flags.BaseListParser():
            kind = "A,B,..."
        case flags.IntegerParser():
            kind = "N"
        case flags.FloatParser():
            kind = "X"
        case _:
            kind = "TEXT"
    return f"--{flag.name}={kind}"


def _default(flag):
    """The default as it is written on a command line; empty where the help tells it."""
    if flag.default is None:
        return ""
    if flag.boolean:
        return "yes" if flag.default else "no"
    if isinstance(flag.default, list | tuple):
        return ",".join(map(str, flag.default))
    return str(flag.default)
