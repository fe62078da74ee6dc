"""The layouts of a basis: unit columns, columns times their deviations, and what fits neither."""

import h5py
import numpy as np
import pytest

from model.face_models import __main__ as commands
from model.face_models.basis import checked_pca
from model.face_models.checks import PartNames
from model.face_models.load import load_face_model, read_face_model
from model.face_models.verify import compare
from tests.model.small_face_model import write_small_face_model

NAMES = PartNames("mean", "basis", "variance")
PARTS = ("shape", "color", "expression")


@pytest.fixture
def path(tmp_path):
    return write_small_face_model(tmp_path / "model.h5")


def change_basis(path, part, change):
    """Replaces a basis by change(basis, deviations)."""
    with h5py.File(path, "r+") as file:
        deviations = np.sqrt(file[f"{part}/model/pcaVariance"][()])
        basis = file[f"{part}/model/pcaBasis"]
        basis[...] = change(basis[()], deviations)


def scaled(basis, deviations):
    return basis * deviations


def set_version(path, version):
    with h5py.File(path, "r+") as file:
        del file["version"]
        if version:
            file["version/majorVersion"], file["version/minorVersion"] = version


@pytest.mark.parametrize("version", [None, (0, 8), (0, 9)])
@pytest.mark.parametrize("parts", [PARTS, ("color",), ("expression",)])
def test_scaled_columns_are_known_by_their_norms(path, tmp_path, version, parts):
    other = write_small_face_model(tmp_path / "other.h5")
    for part in parts:
        change_basis(other, part, scaled)
    set_version(other, version)
    read, expected = read_face_model(other), read_face_model(path)
    for part in PARTS:
        found, wanted = getattr(read, part), getattr(expected, part)
        np.testing.assert_allclose(found.basis, wanted.basis, atol=1e-6)
        np.testing.assert_array_equal(found.variance, wanted.variance)
    assert len(read.repairs) == len(parts)
    assert all("scaled by their deviations" in repair for repair in read.repairs)


def test_unit_columns_stay_whatever_the_version_says(path):
    expected = load_face_model(path).fingerprint
    set_version(path, (0, 8))
    assert load_face_model(path).fingerprint == expected
    assert read_face_model(path).repairs == ()


@pytest.mark.parametrize("orthonormalize", [[], ["--orthonormalize"]])
def test_converted_model_has_the_deviations_of_its_source(path, tmp_path, orthonormalize, capsys):
    other, output = write_small_face_model(tmp_path / "other.h5"), tmp_path / "out.h5"
    for part in PARTS:
        change_basis(other, part, scaled)
    set_version(other, None)
    commands.main(["convert", str(other), str(output), *orthonormalize])
    commands.main(["verify", str(output), "--against", str(path), "--color_tolerance=0.001"])
    assert "6 components" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("part", "arguments", "message"),
    [
        ("shape", [], "shape: .* mm is more than 0.05 mm"),
        ("expression", [], "expression: .* mm is more than 0.05 mm"),
        ("color", ["--color_tolerance=0.01"], "color: .* is more than 0.01"),
    ],
)
@pytest.mark.parametrize("factor", [0.5, 1.1])
def test_verify_compares_deviations(path, tmp_path, part, arguments, message, factor):
    """A model that spans the same faces, but has other deviations, is not equal."""
    other = write_small_face_model(tmp_path / "other.h5")
    with h5py.File(other, "r+") as file:
        file[f"{part}/model/pcaVariance"][...] *= factor**2
    result = compare(read_face_model(other), read_face_model(path), part)
    np.testing.assert_allclose(result.ratios, factor, rtol=1e-4)
    assert result.modes.max() < 1e-4
    with pytest.raises(SystemExit, match=message):
        commands.main(["verify", str(other), "--against", str(path), *arguments])


def test_fewer_components_agree_with_the_whole_model(path, tmp_path):
    """Cut models, and rotations of a few of the components, are the same distribution."""
    part = read_face_model(path)
    cut = tmp_path / "cut.h5"
    commands.main(["convert", str(path), str(cut), "--shape_components=2"])
    result = compare(read_face_model(cut), part)
    assert len(result.modes) == 2 and result.worst < 1e-3


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda basis, deviations: basis * 2, "has norm 2, which is neither 1"),
        (lambda basis, deviations: basis * deviations * 0.5, "norm .* which is neither 1"),
        (lambda basis, deviations: basis * deviations**2, "norms are 500 to 4000"),
        (lambda basis, deviations: basis * 1000, "not of one model, or not in one unit"),
        (lambda basis, deviations: basis * (np.arange(6) > 0), "has norm 0"),
    ],
)
def test_columns_that_fit_neither_layout_are_refused_with_the_numbers(path, change, message):
    change_basis(path, "shape", change)
    with pytest.raises(ValueError, match=message) as error:
        load_face_model(path)
    assert str(path) in str(error.value) and "shape/model/pcaBasis" in str(error.value)
    assert "the deviations 22.36 to 63.25" in str(error.value)


def test_what_no_orthonormal_form_can_mend_stays_refused(path, tmp_path):
    change_basis(path, "shape", lambda basis, deviations: basis * 1000)
    with pytest.raises(SystemExit, match="not in one unit"):
        commands.main(["convert", str(path), str(tmp_path / "out.h5"), "--orthonormalize"])
    assert not (tmp_path / "out.h5").exists()


@pytest.mark.parametrize("layout", [lambda basis, deviations: basis, scaled])
def test_cropped_basis_is_mended_in_its_own_layout(path, tmp_path, layout):
    """Columns that lost half of their rows keep the deviations of the vertices that are left."""

    def cropped(basis, deviations):
        basis = layout(basis, deviations)
        basis[300:] = 0
        return basis

    whole = read_face_model(path).shape.modes()[:100]
    change_basis(path, "shape", cropped)
    commands.main(["convert", str(path), str(tmp_path / "out.h5"), "--orthonormalize"])
    mended = read_face_model(tmp_path / "out.h5").shape.modes()[:100]
    covariances = [np.einsum("nck,mdk->ncmd", modes, modes) for modes in (mended, whole)]
    np.testing.assert_allclose(*covariances, atol=1e-2)


def test_components_of_zeros_are_left_out():
    basis = np.linalg.qr(np.random.default_rng(0).normal(size=(30, 3)))[0].astype(np.float32)
    variance = np.array([9, 4, 0], np.float32)
    part, repairs = checked_pca("file", NAMES, np.zeros(30), basis * np.sqrt(variance), variance)
    np.testing.assert_allclose(part.basis, basis[:, :2], atol=1e-6)
    assert part.variance.tolist() == [9, 4]
    assert "1 of 3 components of basis are 0" in repairs[0]
