"""What was computed once is read from files, and what depends on something else is not."""

import numpy as np
import pytest

from programs.kept_arrays import BLOCK, KeptArrays, blocks


def _refuse():
    raise AssertionError("computed again")


def test_an_array_is_computed_once(tmp_path):
    parts = ["by a network", np.arange(3)]
    made = KeptArrays(tmp_path)("kind", parts, lambda: np.eye(2, dtype=np.float32))
    again = KeptArrays(tmp_path)("kind", parts, _refuse)
    np.testing.assert_array_equal(made, again)
    assert again.dtype == np.float32
    assert not list(tmp_path.rglob("*.partial"))


@pytest.mark.parametrize(
    "other",
    [
        ["by another", np.arange(3)],
        ["by a network", np.arange(4)],
        ["by a network", np.arange(3).astype(np.int32)],
        ["by a network", np.arange(3)[None]],
        ["by a network"],
    ],
)
def test_what_depends_on_something_else_is_another_array(tmp_path, other):
    kept = KeptArrays(tmp_path)
    kept("kind", ["by a network", np.arange(3)], lambda: np.zeros(1))
    assert kept("kind", other, lambda: np.ones(1))[0] == 1


def test_a_damaged_file_is_made_again(tmp_path):
    kept = KeptArrays(tmp_path)
    kept("kind", ["x"], lambda: np.ones(100))
    (file,) = tmp_path.rglob("*.npy")
    file.write_bytes(file.read_bytes()[:150])
    assert kept("kind", ["x"], lambda: np.zeros(1)).sum() == 0
    file.write_bytes(b"")
    assert kept("kind", ["x"], lambda: np.zeros(1)).sum() == 0


def test_without_a_folder_nothing_is_kept():
    assert KeptArrays()("kind", ["x"], lambda: np.zeros(1)).sum() == 0
    with pytest.raises(AssertionError, match="computed again"):
        KeptArrays()("kind", ["x"], _refuse)


def test_blocks_cover_everything_once():
    covered = np.zeros(2 * BLOCK + 5, int)
    for block in blocks(len(covered), "things"):
        covered[block] += 1
    assert covered.tolist() == [1] * len(covered)
