"""A texture layout for any mesh: charts that xatlas cuts and packs.

Charts stretch the surface little and waste little of the texture, but they cut a face into pieces,
on which nobody can paint. `model.sphere_atlas` keeps a face whole.
"""

import numpy as np

from model.layout_pixels import pixels_of_layout
from model.texture_atlas import TextureAtlas

# So many pixels are left free around a chart, for bilinear sampling and mipmaps.
_PADDING = 4
_SHRINK = 0.95


def chart_atlas(vertices: np.ndarray, triangles: np.ndarray, size: int = 1024) -> TextureAtlas:
    """Cuts a mesh into charts and packs them into a square.

    Args:
      vertices: float [N, 3].
      triangles: int [T, 3].
      size: width and height of the texture in pixels.

    Raises:
      ValueError: the package xatlas is not installed, or the size is not positive.
    """
    if size < 1:
        raise ValueError(f"texture size is {size}; it must be positive")
    try:
        import xatlas
    except ImportError:
        raise ValueError(
            "charts are cut by the package xatlas, which is not installed; "
            "pip install -e '.[textures]'"
        ) from None
    atlas = xatlas.Atlas()
    atlas.add_mesh(np.float32(vertices), np.uint32(triangles))
    packing = xatlas.PackOptions()
    packing.resolution, packing.padding, packing.bilinear = size, _PADDING, True
    atlas.generate(pack_options=packing)
    # What does not fit would be on a second texture: all charts are shrunk until they fit on one.
    while atlas.atlas_count > 1:
        packing.texels_per_unit = _SHRINK * atlas.texels_per_unit
        atlas.generate(pack_options=packing)
    _, own, uv = atlas[0]
    own, uv = own.astype(np.int32), uv.astype(np.float64)
    return TextureAtlas(uv, own, np.asarray(triangles), *pixels_of_layout(uv, own, size))
