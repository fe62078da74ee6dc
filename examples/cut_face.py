"""Cuts a face out of a photograph as the exported network wants it, with NumPy and Pillow alone.

    python examples/cut_face.py exported/face_model.npz PHOTO.jpg crop.png X Y  X Y  X Y  X Y  X Y

The five points, in pixels: the eye on the left of the picture, that on the right, the tip of the
nose, the corner of the mouth on the left, that on the right.
"""

import sys

import numpy as np
from PIL import Image, ImageOps

parts = np.load(sys.argv[1])
size, target = int(parts["crop_size"]), parts["crop_points"].astype(float)
names = ["right_eye", "left_eye", "nose", "right_mouth", "left_mouth"]
chosen = [names.index(name) for name in parts["crop_point_names"]]
points = np.array(sys.argv[4:14], float).reshape(5, 2)[chosen]

# The similarity z -> a z + b of the complex plane that takes the points nearest to the target.
z, w = points @ [1, 1j], target @ [1, 1j]
dz, dw = z - z.mean(), w - w.mean()
a = (dz.conj() @ dw) / (dz.conj() @ dz)
b = w.mean() - a * z.mean()

image = ImageOps.exif_transpose(Image.open(sys.argv[2])).convert("RGB")
if abs(a) < 0.7:  # Bilinear sampling would skip pixels: shrink by areas first.
    small = image.resize(
        [max(1, round(side * abs(a))) for side in image.size], Image.Resampling.BOX
    )
    scale = small.width / image.width
    image, a, b = small, a / scale, b + a * (0.5 / scale - 0.5) * (1 + 1j)
# Pillow wants the way back, and has pixels' centers at halves; the numbers above are for integers.
back = 1 / a
offset = 0.5 * (1 + 1j) - back * (b + 0.5 * (1 + 1j))
way = (back.real, -back.imag, offset.real, back.imag, back.real, offset.imag)
pad = 2 * size  # What lies outside of the photograph repeats its border.
padded = Image.fromarray(np.pad(np.asarray(image), ((pad, pad), (pad, pad), (0, 0)), "edge"))
way = (way[0], way[1], way[2] + pad, way[3], way[4], way[5] + pad)
crop = padded.transform((size, size), Image.Transform.AFFINE, way, Image.Resampling.BILINEAR)
crop.save(sys.argv[3])
