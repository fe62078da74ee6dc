"""`data_pipeline.learn_mean` as a user calls it: from a decoder and portraits to a face model."""

import numpy as np
import pytest
from PIL import Image

import open_parts
from data_pipeline import learn_mean
from model.face_models.load import read_face_model


def call(tmp_path, **changes):
    options = {
        "decoder": open_parts.DECODER,
        "photos": open_parts.PHOTOS,
        "split": "tune",
        "output": tmp_path / "moved.h5",
    } | changes
    flags = [f"--{name}={value}" for name, value in options.items()]
    parsed = learn_mean.make_parser().parse_args([str(open_parts.FACE_MODEL), *flags])
    parsed.run(parsed)


@pytest.fixture
def four_portraits(tmp_path):
    folder = tmp_path / "portraits"
    folder.mkdir()
    for path in sorted(open_parts.PHOTOS.glob("*.jpg"))[:4]:
        (folder / path.name).write_bytes(path.read_bytes())
    (folder / "splits.csv").write_text(
        "file,split\n" + "".join(f"{path.name},train\n" for path in sorted(folder.iterdir()))
    )
    return folder


def test_the_mean_moves_within_the_model(tmp_path, four_portraits, capsys):
    picture = tmp_path / "means.jpg"
    call(tmp_path, photos=four_portraits, split="train", steps=2, picture=picture)
    with Image.open(picture) as image:
        rows = np.asarray(image, int)
    # Both means are drawn, and they differ.
    half = len(rows) // 2
    assert 0.1 < np.abs(rows[:half] - rows[half:]).mean() < 20
    moved, before = map(read_face_model, (tmp_path / "moved.h5", open_parts.FACE_MODEL))
    for part, rounding in (("shape", 0.07), ("color", 0.0005)):
        after, start = getattr(moved, part), getattr(before, part)
        np.testing.assert_array_equal(after.basis, start.basis)
        np.testing.assert_array_equal(after.variance, start.variance)
        away = (after.mean - start.mean).ravel().astype(np.float64)
        assert np.abs(away).max() > 5 * rounding
        # The file rounds to half precision; but for that, components explain the way.
        modes = start.modes().reshape(len(away), -1)
        coefficients, *_ = np.linalg.lstsq(modes, away, rcond=None)
        assert np.abs(modes @ coefficients - away).max() < rounding
    # Tone is not moved.
    np.testing.assert_allclose(coefficients[: before.tone_components], 0, atol=0.01)
    assert "the mean of 4 portraits" in moved.notes["mean_note"]
    assert "the mean of 4 portraits" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"split": "nobody"}, "nobody"),
        ({"decoder": "missing.npz"}, "missing.npz"),
    ],
)
def test_bad_input_is_named(tmp_path, four_portraits, change, message):
    with pytest.raises((ValueError, OSError), match=message):
        call(tmp_path, **{"photos": four_portraits, "split": "train"} | change)
    assert not (tmp_path / "moved.h5").exists()
