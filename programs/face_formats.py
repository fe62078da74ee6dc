"""What a reconstructed face can be written as; without TensorFlow, so that a flag can name it."""

# The files of each format end so, after the face's name.
FORMATS = {
    "glb": (".glb",),
    "ply": (".ply",),
    "obj": (".obj", ".mtl", ".png"),
    "coefficients": ("_coefficients.npz",),
    "render": ("_render.png",),
}
# What is only written if it is asked for.
EXTRAS = {"landmarks68": ("_landmarks68.json",)}
# "auto" is the layout that the face model's makers gave it; any other face model is unrolled like a
# map of the world. "charts" are cut by xatlas.
TEXTURE_LAYOUTS = ("auto", "charts")
SUFFIXES = tuple(suffix for suffixes in (FORMATS | EXTRAS).values() for suffix in suffixes)
