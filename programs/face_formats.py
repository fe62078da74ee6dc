"""What a reconstructed face can be written as; without TensorFlow, so that a flag can name it."""

# The files of each format end so, after the face's name.
FORMATS = {
    "glb": (".glb",),
    "ply": (".ply",),
    "obj": (".obj", ".mtl", ".png"),
    "coefficients": ("_coefficients.npz",),
    "render": ("_render.png",),
}
SUFFIXES = tuple(suffix for suffixes in FORMATS.values() for suffix in suffixes)
