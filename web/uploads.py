"""Reads what the page sends: never more than a limit, and never into a file with a name."""

import tempfile

import numpy as np
from starlette.requests import Request

from data_pipeline.image_files.opening import open_image
from data_pipeline.image_files.pixels import read_pixels

MAX_PHOTOGRAPH_BYTES = 25_000_000


class TooLargeError(ValueError):
    """A body has more bytes than are taken."""


async def read_body(request: Request, limit: int) -> bytes:
    """Reads the body of a request.

    Raises:
      TooLargeError: it has, or claims to have, more than `limit` bytes; the rest is not read.
    """
    message = f"more than {limit / 1e6:g} MB"
    if int(request.headers.get("content-length", "0")) > limit:
        raise TooLargeError(message)
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > limit:
            raise TooLargeError(message)
    return bytes(body)


def decode_photograph(data: bytes) -> np.ndarray:
    """Decodes the bytes of an image file of any common kind to uint8 sRGB [H, W, 3].

    Raises:
      ValueError: they are no image, or one that is damaged or too large.
    """
    # Pillow's decoders raise whatever they stumble on in a broken file; the checks before them want
    # a regular file. This one has no name, and is gone when it is closed.
    try:
        with tempfile.TemporaryFile() as file:
            file.write(data)
            file.seek(0)
            with open_image(file) as image:
                return read_pixels(image, "the photograph")
    except Exception as error:
        raise ValueError(
            f"not a readable image: {error}" if str(error) else "not a readable image"
        ) from error
