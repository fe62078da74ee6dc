"""--help lists flags by their purpose, with what they take and their defaults."""

import pathlib
import subprocess
import sys

import pytest
from absl import flags

import flag_groups

ROOT = pathlib.Path(__file__).parent.parent


@pytest.fixture
def defined():
    """Flags of every kind, which are gone after the test."""
    before = set(flag_groups.FLAGS)

    @flag_groups.group("Outer")
    def define():
        flags.DEFINE_string("tried_text", None, "A text.")
        with flag_groups.group("Inner"):
            flags.DEFINE_enum("tried_enum", "b", ["a", "b"], "One of two.")
        flags.DEFINE_boolean("tried_yes", True, "Whether it is.")

    define()
    flags.DEFINE_list("tried_list", ["a", "b"], "Several.")
    flags.DEFINE_integer("tried_count", 3, "How many " + "and how many " * 20)
    names = [name for name in flag_groups.FLAGS if name not in before]
    yield names
    for name in names:
        delattr(flag_groups.FLAGS, name)


def test_flags_stand_under_their_titles(defined):
    text = flag_groups.help_text("What it does.\n", defined)
    assert text.startswith("What it does.\n\nOuter:\n  --tried_text=TEXT\n      A text.\n")
    assert "Outer:\n" in text and text.index("--[no]tried_yes") < text.index("Inner:")
    assert "Inner:\n  --tried_enum=a|b\n      One of two. (default: b)\n" in text
    assert "--[no]tried_yes\n      Whether it is. (default: yes)" in text
    assert "This command:\n  --tried_list=A,B,...\n      Several. (default: a,b)" in text
    assert "--tried_count=N" in text and max(map(len, text.splitlines())) <= 100


@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_help_is_no_error(flag):
    done = subprocess.run(
        [sys.executable, "reconstruct.py", flag], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0 and not done.stderr
    for title in ("Photographs:", "Results:", "Work:", "Parts:"):
        assert f"\n{title}\n" in done.stdout
    assert "alsologtostderr" not in done.stdout


def test_flags_of_groups_are_the_commands_own(defined):
    """Settings of a run are those; absl would give them to the module of a foreign decorator."""
    own = flag_groups.FLAGS.get_key_flags_for_module(sys.modules[__name__])
    assert set(defined) <= {flag.name for flag in own}
