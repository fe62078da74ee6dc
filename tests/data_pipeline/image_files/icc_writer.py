"""ICC profiles of the kinds that `data_pipeline.image_files.icc` does not write, for tests."""

import struct

_D50 = struct.pack(">3i", 0xF6D6, 0x10000, 0xD32D)


def icc_profile(space, kind, connection, tags):
    """A version 2 profile: color space, device class and connection space of four letters each."""
    table, data = struct.pack(">I", len(tags)), b""
    for name, body in tags.items():
        table += struct.pack(">4sII", name, 132 + 12 * len(tags) + len(data), len(body))
        data += body + bytes(-len(body) % 4)
    size = 128 + len(table) + len(data)
    header = struct.pack(">I4xI4s4s4s", size, 0x02400000, kind, space, connection)
    header += bytes(12) + b"acsp" + bytes(28) + _D50
    return header.ljust(128, b"\0") + table + data


def gray_profile(exponent):
    """Gray whose light is the value to a power."""
    curve = b"curv" + struct.pack(">IIH", 0, 1, round(exponent * 256))
    tags = {b"wtpt": b"XYZ " + bytes(4) + _D50, b"kTRC": curve}
    return icc_profile(b"GRAY", b"mntr", b"XYZ ", tags)


def cmyk_profile(lab_of_corner):
    """Inks by a table of the 16 corners of CMYK.

    Args:
      lab_of_corner: from (c, m, y, k), each 0 or 1, to L in 0..100 and a, b in -128..127.
    """
    corners = bytearray()
    for index in range(16):
        ink = tuple(index >> (3 - k) & 1 for k in range(4))
        lightness, a, b = lab_of_corner(*ink)
        corners += bytes([round(lightness * 2.55), round(a + 128), round(b + 128)])
    identity = struct.pack(">9i", 65536, 0, 0, 0, 65536, 0, 0, 0, 65536)
    table = b"mft1" + bytes(4) + bytes([4, 3, 2, 0]) + identity
    table += bytes(range(256)) * 4 + bytes(corners) + bytes(range(256)) * 3
    tags = {b"wtpt": b"XYZ " + bytes(4) + _D50, b"A2B0": table}
    return icc_profile(b"CMYK", b"prtr", b"Lab ", tags)
