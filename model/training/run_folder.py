"""The folder of a run: the settings that it was begun with, and who may go on in it."""

import hashlib
import json
import pathlib

import open_parts
from storage.atomic import write_text

_FILE = "config.json"
_PARTS = open_parts.FOLDER.name


def check(
    folder: pathlib.Path,
    settings: dict,
    resume: str,
    free: frozenset[str],
    defaults: dict | None = None,
) -> None:
    """Checks whether a run with these settings may begin, or go on, in a folder.

    Nothing is written, so a setting that turns out to be wrong later does not bind the folder.

    Args:
      folder: the folder of the run; it need not exist.
      settings: names to values that JSON can hold.
      resume: "auto" goes on if the folder holds a run; "must" insists on a run with a checkpoint;
        "never" refuses a folder that holds a run.
      free: names of settings that may differ from those of the run, since they change no result.
      defaults: of settings. A run that knows nothing of one of them was begun before there was such
        a setting, whose default leaves everything as it was.

    Raises:
      ValueError: a setting differs, or the folder does not fit `resume`.
    """
    path = folder / _FILE
    begun = path.is_file()
    trained = any(folder.glob("checkpoints/*/ckpt-*"))
    if trained and not begun:
        raise ValueError(
            f"{folder}: holds checkpoints but no {_FILE}, which says how they were trained; put it "
            "back, or give another --output_dir"
        )
    if begun and resume == "never":
        raise ValueError(f"{folder}: holds a run already; give another --output_dir")
    if resume == "must" and not trained:
        raise ValueError(
            f"{folder}: --resume=must, but there is no checkpoint to go on from; give --resume=auto"
        )
    if begun:
        _compare(path, _plain(settings), free, _plain(defaults or {}))


def number(settings: dict, free: frozenset[str]) -> int:
    """Makes a number of 48 bits of the settings, by which processes compare theirs."""
    fixed = {name: value for name, value in _plain(settings).items() if name not in free}
    text = json.dumps(fixed, sort_keys=True)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:6], "big")


def write(folder: pathlib.Path, settings: dict) -> None:
    """Writes the settings of a run into its folder; call it when all that they name has loaded."""
    named = {name: _name(value) for name, value in _plain(settings).items()}
    write_text(folder / _FILE, json.dumps(named, indent=2, sort_keys=True) + "\n")


def _plain(settings: dict) -> dict:
    """The settings as JSON gives them back: tuples become lists."""
    return json.loads(json.dumps(settings))


def _read(path: pathlib.Path) -> dict:
    try:
        settings = json.loads(path.read_text())
        if not isinstance(settings, dict):
            raise ValueError("it holds no table of settings")
    except ValueError as error:
        raise ValueError(
            f"{path}: is damaged ({error}); put back a copy, or begin a new run in another folder"
        ) from None
    return settings


def _compare(path: pathlib.Path, settings: dict, free: frozenset[str], defaults: dict) -> None:
    before = defaults | _read(path)
    for name in sorted((settings.keys() | before.keys()) - free):
        then, now = before.get(name), settings.get(name)
        if then != now and _former_name(then) != _name(now):
            raise ValueError(
                f"{path}: the run was begun {_flag(name, then)}, now it is "
                f"{'not given' if now is None else now}; give the same, or another --output_dir"
            )


def _flag(name: str, value) -> str:
    return f"without --{name}" if value is None else f"with --{name}={value}"


def _name(value):
    """Turns the path of an embedded part into a name that holds for any checkout."""
    if not isinstance(value, str):
        return value
    path = pathlib.Path(value).resolve()
    if not (path.is_relative_to(open_parts.FOLDER) and path.exists()):
        return value
    return pathlib.PurePosixPath(_PARTS, *path.relative_to(open_parts.FOLDER).parts).as_posix()


def _former_name(value):
    """Also names the parts of another checkout, whose paths older runs hold."""
    parts = pathlib.PurePath(value).parts if isinstance(value, str) else ()
    if _PARTS not in parts:
        return value
    start = len(parts) - parts[::-1].index(_PARTS)
    return _name(str(open_parts.FOLDER.joinpath(*parts[start:])))
