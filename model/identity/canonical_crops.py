"""Canonical positions of landmarks, one crop for each way in which networks were trained."""

from model.crop import BoxCrop, Crop

_ALL_FIVE = (0, 1, 2, 3, 4)

# The five points of the networks of Open Model Zoo. Checked against crops of its own pipeline:
# warping a photograph to these numbers, integers being centers of pixels, gives them to the bit.
FIVE_POINT_CROP = Crop(
    image_size=128,
    point_indices=_ALL_FIVE,
    points=(
        (40.3928, 59.081486),
        (87.37573, 59.081486),
        (64.0336, 81.98469),
        (44.7324, 105.56057),
        (83.63987, 105.56057),
    ),
)

# dlib's chips: the eyes at these fractions of 150 pixels, without a shift by half a pixel (checked
# likewise).
EYES_CROP = Crop(
    image_size=150,
    point_indices=(0, 1),
    points=((0.3182 * 150, 0.3142 * 150), (0.6685 * 150, 0.3142 * 150)),
)

# ArcFace and its relatives (InsightFace).
ARCFACE_CROP = Crop(
    image_size=112,
    point_indices=_ALL_FIVE,
    points=(
        (38.2946, 51.6963),
        (73.5318, 51.5014),
        (56.0252, 71.7366),
        (41.5493, 92.3655),
        (70.7299, 92.2041),
    ),
)

# OpenFace's template of dlib's 68 points, scaled to fill the image. It aligns by the outer corners
# of the eyes and the base of the nose; here by the points of that template that our five points
# are: the middle of each eye's six points, and the tip of the nose.
EYES_AND_NOSE_CROP = Crop(
    image_size=96,
    point_indices=(0, 1, 2),
    points=((26.6276, 16.0593), (67.7903, 15.2640), (47.2410, 40.5223)),
)

# Where the five points lie in mtcnn's box, as fractions of its width and height, and its width by
# its height: averages that `python -m data_pipeline.calibrate_boxes` prints.
_IN_BOX = ((0.272, 0.393), (0.728, 0.393), (0.500, 0.600), (0.273, 0.729), (0.727, 0.729))
_BOX_ASPECT = 0.731


def margin_crop(image_size: int, margin: float) -> BoxCrop:
    """The detector's box, wider and higher by a margin, squeezed into a square.

    Args:
      image_size: width and height of the crop.
      margin: how much is added to width and height, in pixels of a photograph whose box is so
        large that the crop is not scaled vertically.
    """
    height = image_size - margin
    width = _BOX_ASPECT * height
    across = image_size / (width + margin)
    points = tuple(
        ((x * width + margin / 2) * across - 0.5, y * height + margin / 2 - 0.5) for x, y in _IN_BOX
    )
    return BoxCrop(image_size, _ALL_FIVE, points, aspect=1 / across)


def square_crop(image_size: int, extension: float) -> BoxCrop:
    """The square around the detector's box whose side is its mean of width and height, extended.

    Args:
      image_size: width and height of the crop.
      extension: how much longer the side is, as a fraction.
    """
    side = (1 + extension) * (1 + _BOX_ASPECT) / 2
    points = tuple(
        (
            (0.5 + (x - 0.5) * _BOX_ASPECT / side) * image_size - 0.5,
            (0.5 + (y - 0.5) / side) * image_size - 0.5,
        )
        for x, y in _IN_BOX
    )
    return BoxCrop(image_size, _ALL_FIVE, points)
