"""Finds the 478 points of MediaPipe's refined face mesh in every photograph of a folder.

    python -m venv dense_landmarks_env
    dense_landmarks_env/bin/pip install -r tools/dense_landmarks/requirements.txt
    dense_landmarks_env/bin/python tools/dense_landmarks/find_dense_landmarks.py PHOTOS OUTPUT.npz

The script stands alone: it imports nothing of this project, since MediaPipe cannot live in the
project's environment. It writes an .npz with `files` (names, in order) and `points_64th_px` int16
[files, 478, 3]: x to the right and y down in 64ths of a pixel of the photograph (whole numbers of
pixels are their centers) and relative depth in the same unit. Photographs without a face are left
out and named.
"""

import argparse
import os
import pathlib

import mediapipe
import numpy as np
from PIL import Image
from tqdm import tqdm

# The detector expects a face in a scene: a tight portrait is padded, and small ones are enlarged.
_PADDING_SHARE = 60 / 224
_ENLARGED_PX = 1000
_UNITS_PER_PIXEL = 64
_SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".bmp"}


def find_points(mesh, image: Image.Image) -> np.ndarray | None:
    """The points of the largest face in an image: int16 [478, 3], or None without a face."""
    padding = round(_PADDING_SHARE * max(image.size))
    pixels = np.asarray(image.convert("RGB"))
    padded = np.pad(pixels, ((padding, padding), (padding, padding), (0, 0)), mode="edge")
    height, width = padded.shape[:2]
    scale = max(1.0, _ENLARGED_PX / max(height, width))
    size = (round(width * scale), round(height * scale))
    enlarged = np.asarray(Image.fromarray(padded).resize(size, Image.Resampling.BICUBIC))
    found = mesh.process(enlarged).multi_face_landmarks
    if not found:
        return None
    points = np.array([(point.x, point.y, point.z) for point in found[0].landmark])
    # Relative coordinates span the image from edge to edge; pixels are counted at their centers.
    points = points * (width, height, width) - (padding + 0.5, padding + 0.5, 0)
    return np.int16(np.clip(np.round(points * _UNITS_PER_PIXEL), -32768, 32767))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("photos", type=pathlib.Path, help="folder of photographs")
    parser.add_argument("output", type=pathlib.Path, help="the .npz to write")
    options = parser.parse_args()
    files = sorted(p for p in options.photos.iterdir() if p.suffix.lower() in _SUFFIXES)
    if not files:
        raise SystemExit(f"{options.photos}: holds no photograph ({', '.join(sorted(_SUFFIXES))})")
    names, points, without = [], [], []
    with mediapipe.solutions.face_mesh.FaceMesh(
        static_image_mode=True, max_num_faces=1, refine_landmarks=True
    ) as mesh:
        for path in tqdm(files, unit="photograph"):
            with Image.open(path) as image:
                found = find_points(mesh, image)
            (without if found is None else names).append(path.name)
            points += [] if found is None else [found]
    if not names:
        raise SystemExit(f"{options.photos}: no face was found in any of {len(files)} photographs")
    partial = options.output.with_name(f"{options.output.name}.{os.getpid()}.partial")
    with partial.open("wb") as file:
        np.savez_compressed(file, files=np.array(names), points_64th_px=np.stack(points))
    os.replace(partial, options.output)
    print(f"{options.output}: points of {len(names)} photographs")
    if without:
        print(f"no face was found in {len(without)}: {', '.join(without)}")


if __name__ == "__main__":
    main()
