"""The folder in which a user's downloads and other files that can be made again are kept."""

import os
import pathlib


def cache_folder(name: str) -> pathlib.Path:
    """Returns the folder `name` in the user's cache: $XDG_CACHE_HOME, or ~/.cache.

    Raises:
      FileNotFoundError: neither XDG_CACHE_HOME nor a home folder is known.
    """
    cache = os.environ.get("XDG_CACHE_HOME")
    if cache:
        return pathlib.Path(cache, name)
    try:
        return pathlib.Path.home() / ".cache" / name
    except RuntimeError as error:
        raise FileNotFoundError(
            "this user has no home folder; set XDG_CACHE_HOME to a folder that can be written"
        ) from error
