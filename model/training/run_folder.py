"""The folder of a run: its settings, and whether it may be gone on with."""

import contextlib
import json
import pathlib

from storage.atomic import write_text


def check(folder: pathlib.Path, settings: dict, resume: str, free: frozenset[str]) -> None:
    """Checks the settings against those that the folder was begun with.

    Args:
      folder: of the run; made if need be.
      settings: names to values that JSON can hold.
      resume: "auto" goes on if the folder holds a run; "must" insists on it; "never" refuses it.
      free: names that may differ from those of the run, since they change no result.

    Raises:
      ValueError: a setting differs, or the folder does not fit `resume`.
    """
    path = folder / "config.json"
    begun = path.is_file()
    if begun and resume == "never":
        raise ValueError(f"{folder}: holds a run already; give another --output_dir")
    if not begun and resume == "must":
        raise ValueError(f"{folder}: --resume=must, but there is no run to go on with")
    if begun:
        _compare(path, settings, free)


def write_settings(folder, settings):
    write_text(folder / "config.json", json.dumps(settings, indent=2, sort_keys=True) + "\n")


def _compare(path: pathlib.Path, settings: dict, free: frozenset[str]) -> None:
    try:
        before = json.loads(path.read_text())
    except ValueError as error:
        raise ValueError(f"{path}: is damaged ({error}); give another --output_dir") from None
    for name in sorted(settings.keys() | before.keys()):
        if name not in free and settings.get(name) != before.get(name):
            raise ValueError(
                f"{path}: the run was begun with --{name}={before.get(name)}, now it is "
                f"{settings.get(name)}; give the same, or another --output_dir"
            )


@contextlib.contextmanager
def lock(folder):
    yield
