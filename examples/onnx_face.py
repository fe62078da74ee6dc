"""From a crop to a colored mesh: python examples/onnx_face.py exported crop.png face.obj"""

import sys

import numpy as np
import onnxruntime
from PIL import Image

folder, crop, output = sys.argv[1:]
network = onnxruntime.InferenceSession(f"{folder}/face.onnx")
pixels = np.asarray(Image.open(crop).convert("RGB"))[None]
shape, texture = network.run(["shape", "texture"], {"crop": pixels})

parts = np.load(f"{folder}/face_model.npz")
vertices = parts["mean_vertices"] + np.tensordot(shape[0], parts["shape_basis"].astype("f4"), 1)
colors = parts["mean_colors"] + np.tensordot(texture[0], parts["color_basis"].astype("f4"), 1)
with open(output, "w") as file:
    np.savetxt(file, np.hstack([vertices, colors.clip(0, 1)]), "v" + 6 * " %.4f")
    np.savetxt(file, parts["triangles"] + 1, "f %d %d %d")
