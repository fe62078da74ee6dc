"""Reads GLB files by the specification alone (glTF 2.0, sections 3.6 and 4.4), for tests."""

import json
import struct

import numpy as np


class Glb:
    """A GLB file; reading an accessor checks its alignment, its bounds and its sparse indices."""

    _TYPES = {5121: np.uint8, 5123: np.uint16, 5125: np.uint32, 5126: np.float32}
    _COUNTS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4}

    def __init__(self, data):
        magic, version, length = struct.unpack_from("<4sII", data)
        assert (magic, version, length) == (b"glTF", 2, len(data))
        size, kind = struct.unpack_from("<I4s", data, 12)
        assert kind == b"JSON" and size % 4 == 0
        self.tree = json.loads(data[20 : 20 + size])
        rest, kind = struct.unpack_from("<I4s", data, 20 + size)
        assert kind == b"BIN\0" and rest % 4 == 0
        self.buffer = data[28 + size :]
        assert len(self.buffer) == rest >= self.tree["buffers"][0]["byteLength"]
        (self.primitive,) = self.tree["meshes"][0]["primitives"]

    def read(self, index):
        """The values of an accessor, after checks of its alignment and bounds."""
        accessor = self.tree["accessors"][index]
        dtype, columns = self._TYPES[accessor["componentType"]], self._COUNTS[accessor["type"]]
        if "bufferView" in accessor:
            values = self._values(accessor, dtype, columns, accessor["count"])
        else:
            assert "byteOffset" not in accessor
            values = np.zeros([accessor["count"], columns], dtype)
        if "sparse" in accessor:
            places, values = self._sparse(accessor["sparse"], dtype, columns), values.copy()
            values[places[0]] = places[1]
        if "min" in accessor:
            np.testing.assert_array_equal(values.min(axis=0), np.array(accessor["min"], dtype))
            np.testing.assert_array_equal(values.max(axis=0), np.array(accessor["max"], dtype))
        if accessor.get("normalized"):
            assert np.issubdtype(dtype, np.integer)
            return values / np.iinfo(dtype).max
        return values

    def _values(self, where, dtype, columns, count):
        """Values of a buffer view, aligned and inside of it and of the buffer."""
        view = self.tree["bufferViews"][where["bufferView"]]
        size = columns * np.dtype(dtype).itemsize
        start = view.get("byteOffset", 0) + where.get("byteOffset", 0)
        assert start % 4 == 0 and view.get("byteStride", size) == size
        assert columns == 1 or size % 4 == 0
        assert where.get("byteOffset", 0) + count * size <= view["byteLength"]
        assert view.get("byteOffset", 0) + view["byteLength"] <= len(self.buffer)
        return np.frombuffer(self.buffer, dtype, count * columns, start).reshape(-1, columns)

    def _sparse(self, sparse, dtype, columns):
        """Where values stand instead of zeros, and which; each place once, in rising order."""
        for part in ("indices", "values"):
            view = self.tree["bufferViews"][sparse[part]["bufferView"]]
            assert "target" not in view and "byteStride" not in view
        kind = self._TYPES[sparse["indices"]["componentType"]]
        places = self._values(sparse["indices"], kind, 1, sparse["count"])[:, 0].astype(int)
        assert len(places) and np.all(np.diff(places) > 0)
        return places, self._values(sparse["values"], dtype, columns, sparse["count"])

    def attribute(self, name):
        return self.read(self.primitive["attributes"][name])
