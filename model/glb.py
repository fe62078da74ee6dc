"""Binary glTF 2.0 files, piece by piece: accessors, sparse accessors, and the file around them."""

import numpy as np
import pygltflib

_TYPES = {1: pygltflib.SCALAR, 2: pygltflib.VEC2, 3: pygltflib.VEC3, 4: pygltflib.VEC4}
_COMPONENTS = {
    np.dtype(np.uint16): pygltflib.UNSIGNED_SHORT,
    np.dtype(np.uint32): pygltflib.UNSIGNED_INT,
    np.dtype(np.float32): pygltflib.FLOAT,
}
_GENERATOR = "unsupervised-3dmm-regression"
# Accessors begin at multiples of this.
_ALIGNMENT = 4


class GlbFile:
    """A file that grows: its tree, and the buffer that the tree's accessors look into.

    Attributes:
      tree: materials, meshes, nodes and scenes are added to it.
    """

    def __init__(self):
        """Begins an empty file."""
        self.tree = pygltflib.GLTF2(asset=pygltflib.Asset(version="2.0", generator=_GENERATOR))
        self._chunks: list[bytes] = []
        self._size = 0

    def attribute(self, values: np.ndarray, bounds: bool = False, normalized: bool = False) -> int:
        """Adds values of vertices; returns their accessor.

        Args:
          values: uint16 or float32 [N, C], of 4 or more bytes a row.
          bounds: whether the least and the greatest values are stated, as positions need it.
          normalized: whether integers stand for 0..1.
        """
        accessor = _accessor(values, normalized=normalized)
        accessor.bufferView = self._view(values, pygltflib.ARRAY_BUFFER)
        accessor.byteOffset = 0
        if bounds:
            accessor.min, accessor.max = _numbers(values.min(axis=0)), _numbers(values.max(axis=0))
        return self._add(accessor)

    def indices(self, triangles: np.ndarray) -> int:
        """Adds triangles, int [T, 3], in the smallest fitting type; returns their accessor."""
        flat = _indices(triangles).reshape(-1, 1)
        accessor = _accessor(flat)
        accessor.bufferView = self._view(flat, pygltflib.ELEMENT_ARRAY_BUFFER)
        accessor.byteOffset = 0
        return self._add(accessor)

    def sparse(
        self, where: np.ndarray, values: np.ndarray, count: int, bounds: bool = False
    ) -> int:
        """Adds values of a few vertices, which are 0 everywhere else; returns the accessor.

        Args:
          where: int [n], the vertices, each once and in rising order, at least one.
          values: float32 [n, C].
          count: of all vertices.
          bounds: whether the least and the greatest values are stated.
        """
        accessor = _accessor(values)
        accessor.count = count
        places = _indices(where)
        accessor.sparse = pygltflib.Sparse(
            count=len(where),
            indices=pygltflib.AccessorSparseIndices(
                bufferView=self._view(places), componentType=_COMPONENTS[places.dtype]
            ),
            values=pygltflib.AccessorSparseValues(bufferView=self._view(values)),
        )
        if bounds:
            all_values = values if len(where) == count else np.pad(values, ((0, 1), (0, 0)))
            accessor.min = _numbers(all_values.min(axis=0))
            accessor.max = _numbers(all_values.max(axis=0))
        return self._add(accessor)

    def texture(self, png: bytes) -> int:
        """Adds a PNG image as a texture that does not repeat; returns its number."""
        self.tree.images.append(
            pygltflib.Image(
                mimeType="image/png", bufferView=self._view(np.frombuffer(png, np.uint8))
            )
        )
        clamp = pygltflib.CLAMP_TO_EDGE
        self.tree.samplers.append(
            pygltflib.Sampler(
                magFilter=pygltflib.LINEAR,
                minFilter=pygltflib.LINEAR_MIPMAP_LINEAR,
                wrapS=clamp,
                wrapT=clamp,
            )
        )
        last = len(self.tree.images) - 1
        self.tree.textures.append(pygltflib.Texture(sampler=last, source=last))
        return len(self.tree.textures) - 1

    def to_bytes(self) -> bytes:
        """Returns the file."""
        self.tree.buffers = [pygltflib.Buffer(byteLength=self._size)]
        self.tree.set_binary_blob(b"".join(self._chunks))
        return b"".join(self.tree.save_to_bytes())

    def _view(self, values, target=None):
        data = np.ascontiguousarray(values).tobytes()
        view = pygltflib.BufferView(
            buffer=0, byteOffset=self._size, byteLength=len(data), target=target
        )
        self.tree.bufferViews.append(view)
        padded = data + bytes(-len(data) % _ALIGNMENT)
        self._chunks.append(padded)
        self._size += len(padded)
        return len(self.tree.bufferViews) - 1

    def _add(self, accessor):
        self.tree.accessors.append(accessor)
        return len(self.tree.accessors) - 1


def _accessor(values, normalized=False):
    return pygltflib.Accessor(
        byteOffset=None,
        componentType=_COMPONENTS[values.dtype],
        count=len(values),
        type=_TYPES[values.shape[1]],
        normalized=normalized,
    )


def _indices(values):
    """The same numbers in the smallest type that leaves its largest value, a mark, unused."""
    return np.asarray(values, np.uint16 if np.max(values) < 65535 else np.uint32)


def _numbers(values):
    return [float(value) for value in values]
