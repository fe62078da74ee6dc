"""Names decoders in tables."""

import pathlib


def short_names(paths: list[pathlib.Path]) -> list[str]:
    """Names decoder files as shortly as tells them apart.

    Raises:
      ValueError: a file is given twice.
    """
    names = [path.stem for path in paths]
    if len(set(names)) < len(names):
        names = [f"{path.parent.name}/{path.stem}" for path in paths]
    if len(set(names)) < len(names):
        names = [str(path) for path in paths]
    if len(set(names)) < len(names):
        raise ValueError(f"--checkpoint names a decoder twice: {', '.join(names)}")
    return names
