"""Who may begin, and go on, in the folder of a run."""

import json
import shutil

import pytest

import open_parts
from model.training import run_folder

_SETTINGS = {"seed": 0, "views": 3, "photo_list": None, "light": ["0.0", "45.0"], "log_every": 50}
_FREE = frozenset({"log_every"})


@pytest.fixture(name="begun")
def _begun(tmp_path):
    run_folder.write(tmp_path / "run", _SETTINGS)
    return tmp_path / "run"


@pytest.fixture(name="trained")
def _trained(begun):
    checkpoints = begun / "checkpoints" / "stage1"
    checkpoints.mkdir(parents=True)
    (checkpoints / "ckpt-2.index").touch()
    return begun


def _check(folder, resume="auto", **changes):
    run_folder.check(folder, _SETTINGS | changes, resume, _FREE)


def _refused(folder, message, resume="auto", **changes):
    with pytest.raises(ValueError) as error:
        _check(folder, resume, **changes)
    assert message in str(error.value)


def test_a_check_writes_nothing(tmp_path):
    _check(tmp_path / "run")
    _check(tmp_path / "run", "never")
    assert not (tmp_path / "run").exists()


def test_the_same_run_goes_on(trained):
    _check(trained)
    _check(trained, "must", log_every=400, light=("0.0", "45.0"))


def test_a_run_that_is_older_than_a_setting_goes_on_with_its_default(begun):
    defaults = {"seed": 1, "gray_views": 0}
    run_folder.check(begun, _SETTINGS | {"gray_views": 0}, "auto", _FREE, defaults)
    with pytest.raises(ValueError, match="begun with --gray_views=0, now it is 1"):
        run_folder.check(begun, _SETTINGS | {"gray_views": 1}, "auto", _FREE, defaults)
    # What the run knows counts, and not the default.
    with pytest.raises(ValueError, match="begun with --seed=0, now it is 1"):
        run_folder.check(begun, _SETTINGS | defaults, "auto", _FREE, defaults)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"views": 1}, "the run was begun with --views=3, now it is 1; give the same, or another"),
        ({"photo_list": "a.csv"}, "the run was begun without --photo_list, now it is a.csv"),
        ({"seed": None}, "the run was begun with --seed=0, now it is not given"),
        ({"new_flag": 1}, "the run was begun without --new_flag, now it is 1"),
        ({"light": ["0.0", "90.0"]}, "--light=['0.0', '45.0'], now it is ['0.0', '90.0']"),
    ],
)
def test_other_settings_are_named(begun, changes, message):
    _refused(begun, message, **changes)


def test_a_folder_that_does_not_fit_resume(tmp_path, begun):
    _refused(begun, "holds a run already; give another --output_dir", "never")
    _refused(tmp_path / "new", "there is no checkpoint to go on from; give --resume=auto", "must")
    # This run was killed before its first checkpoint.
    _refused(begun, "there is no checkpoint to go on from; give --resume=auto", "must")
    _check(begun, "auto")


def test_checkpoints_of_unknown_settings_are_not_taken_up(trained):
    (trained / "config.json").unlink()
    for resume in ("auto", "must", "never"):
        _refused(trained, "holds checkpoints but no config.json", resume)


@pytest.mark.parametrize("text", ["", "{", "[1]", "\x00"])
def test_a_damaged_config_is_named(begun, text):
    (begun / "config.json").write_text(text)
    _refused(begun, "config.json: is damaged")


@pytest.fixture(name="moved")
def _moved(tmp_path, monkeypatch):
    """Moves the checkout: the embedded parts lie in another folder from then on."""
    folder = tmp_path / "moved" / "open_parts"
    shutil.copytree(open_parts.FOLDER / "licenses", folder / "licenses")
    part = next(path for path in (folder / "licenses").iterdir() if path.is_file())
    before = open_parts.FOLDER / "licenses" / part.name

    def move():
        monkeypatch.setattr(open_parts, "FOLDER", folder)
        return str(part)

    return str(before), move


def test_embedded_parts_are_kept_as_names_and_found_in_a_moved_checkout(begun, moved):
    before, move = moved
    run_folder.write(begun, _SETTINGS | {"face_model": before})
    text = (begun / "config.json").read_text()
    assert json.loads(text)["face_model"].startswith("open_parts/licenses/")
    assert str(open_parts.FOLDER) not in text
    now = move()
    assert now != before
    _check(begun, face_model=now)


def test_absolute_paths_of_earlier_versions_name_the_same_part(begun, moved):
    before, move = moved
    (begun / "config.json").write_text(json.dumps(_SETTINGS | {"face_model": before}))
    _check(begun, face_model=before)
    _check(begun, face_model=move())
    _refused(begun, f"with --face_model={before}, now it is other.h5", face_model="other.h5")


def test_paths_of_the_user_stay_as_they_are_given(begun, tmp_path):
    for own in (str(tmp_path / "open_parts" / "face_model"), "photos/../faces", "open_parts"):
        run_folder.write(begun, _SETTINGS | {"photos": own})
        assert json.loads((begun / "config.json").read_text())["photos"] == own
        _check(begun, photos=own)
