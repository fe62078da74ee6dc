"""A face from a photograph, in a few lines of Python.

    import photo_to_face

    reader = photo_to_face.FaceReader()
    face = reader.read("me.jpg")
    print(face.vertices.shape, face.colors.shape, face.shape[:3])
    face.save("face.glb")

`reader.read` also takes arrays of any common kind (uint8, uint16 or float; gray, RGB or with alpha)
and images of Pillow. The first import of TensorFlow takes seconds; it comes with the first reader.
"""

from photo_to_face.face import Face
from photo_to_face.reader import FaceReader

__all__ = ["Face", "FaceReader"]
