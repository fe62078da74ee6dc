"""From a crop to a colored mesh: python examples/tflite_face.py exported crop.png face.obj"""

import sys

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from PIL import Image

folder, crop, output = sys.argv[1:]
network = Interpreter(f"{folder}/face.tflite").get_signature_runner()
pixels = np.asarray(Image.open(crop).convert("RGB"))[None]
result = network(crop=pixels)
shape, texture = result["shape"], result["texture"]

parts = np.load(f"{folder}/face_model.npz")
vertices = parts["mean_vertices"] + np.tensordot(shape[0], parts["shape_basis"].astype("f4"), 1)
colors = parts["mean_colors"] + np.tensordot(texture[0], parts["color_basis"].astype("f4"), 1)
with open(output, "w") as file:
    np.savetxt(file, np.hstack([vertices, colors.clip(0, 1)]), "v" + 6 * " %.4f")
    np.savetxt(file, parts["triangles"] + 1, "f %d %d %d")
