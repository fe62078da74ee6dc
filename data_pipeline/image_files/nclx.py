"""Color spaces that AVIF and HEIC files name by numbers instead of a profile.

The numbers are those of ITU-T H.273, in a box "colr" of the kind "nclx" (ISO/IEC 14496-12).
"""

from data_pipeline.image_files.icc import SRGB_CHROMATICITIES, matrix_profile

# The box lies among the descriptions of the images, before their pixels.
HEAD_BYTES = 1 << 16

_BOX = b"colrnclx"
_D65 = (0.3127, 0.3290)
_UNSPECIFIED = 2
# x and y of white, red, green and blue, by the number of the primaries.
_CHROMATICITIES = {
    1: SRGB_CHROMATICITIES,
    _UNSPECIFIED: SRGB_CHROMATICITIES,
    5: (*_D65, 0.64, 0.33, 0.29, 0.60, 0.15, 0.06),
    6: (*_D65, 0.63, 0.34, 0.31, 0.595, 0.155, 0.07),
    7: (*_D65, 0.63, 0.34, 0.31, 0.595, 0.155, 0.07),
    9: (*_D65, 0.708, 0.292, 0.17, 0.797, 0.131, 0.046),
    11: (0.314, 0.351, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06),
    12: (*_D65, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06),
}
# Linear light is the encoded value to this power, by the number of the transfer function; None is
# the curve of sRGB. Video's curve (1, 6, 14 and 15) is shown as that, since screens do so.
_EXPONENTS = {
    **dict.fromkeys((1, _UNSPECIFIED, 6, 13, 14, 15)),
    4: 2.2,
    5: 2.8,
    8: 1.0,
}


def find_nclx(head: bytes) -> tuple[int, int] | None:
    """Finds the numbers of primaries and transfer function in the first `HEAD_BYTES` of a file."""
    start = head.find(_BOX) + len(_BOX)
    if start < len(_BOX) or start + 4 > len(head):
        return None
    primaries, transfer = head[start : start + 2], head[start + 2 : start + 4]
    return int.from_bytes(primaries, "big"), int.from_bytes(transfer, "big")


def nclx_profile(primaries: int, transfer: int) -> bytes | None:
    """Writes the ICC profile of a color space; None for sRGB.

    Raises:
      ValueError: the space is of high dynamic range, or unknown.
    """
    if primaries not in _CHROMATICITIES or transfer not in _EXPONENTS:
        raise ValueError(
            f"primaries {primaries} with transfer function {transfer} are not converted; save the "
            "photograph in sRGB"
        )
    chromaticities, exponent = _CHROMATICITIES[primaries], _EXPONENTS[transfer]
    if chromaticities == SRGB_CHROMATICITIES and exponent is None:
        return None
    return matrix_profile(chromaticities, exponent)
