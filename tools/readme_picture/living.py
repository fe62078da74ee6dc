"""Draws one GLB file in three.js: at rest, smiling, with the jaw open.

python -m tools.readme_picture.living FACE.glb OUTPUT.jpg
"""

import pathlib
import sys

import numpy as np

from storage.atomic import write_bytes
from storage.images import jpeg
from tools.readme_picture.draw import SMILE, viewer

TURN = -0.35
STATES = ({}, SMILE, {"jawOpen": 0.7})


def main(file: str, output: str) -> None:
    """Draws the three states beside each other."""
    with viewer() as draw:
        states = [np.asarray(draw(pathlib.Path(file), TURN, state)) for state in STATES]
    write_bytes(pathlib.Path(output), jpeg(np.concatenate(states, axis=1)))


if __name__ == "__main__":
    main(*sys.argv[1:])
