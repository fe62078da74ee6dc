"""The crops that networks were trained on: where each of them expects the landmarks of a face."""

from model.crop import BoxCrop, Crop

_ALL_FIVE = (0, 1, 2, 3, 4)

# This crop is that of Open Model Zoo's networks. Its own pipeline gives the same crops to the bit
# where a photograph is warped to these numbers, integers being centers of pixels.
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

# dlib's crop has the eyes at these fractions of 150 pixels, without a shift by half a pixel; crops
# made by dlib itself say so.
EYES_CROP = Crop(
    image_size=150,
    point_indices=(0, 1),
    points=((0.3182 * 150, 0.3142 * 150), (0.6685 * 150, 0.3142 * 150)),
)

# ArcFace and its relatives (InsightFace) share this crop.
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

# OpenFace scales a template of dlib's 68 points to fill the image, and aligns by the outer corners
# of the eyes and the base of the nose. Our five points have none of these three. So the crop is
# aligned by two other places of the same template: the middle of each eye's six points, and the tip
# of the nose.
EYES_AND_NOSE_CROP = Crop(
    image_size=96,
    point_indices=(0, 1, 2),
    points=((26.6276, 16.0593), (67.7903, 15.2640), (47.2410, 40.5223)),
)

# Where the five points lie in the box of the detector mtcnn, as fractions of its width and height,
# and the box's width divided by its height. These are averages over photographs, which
# `python -m data_pipeline.calibrate_boxes` prints.
_IN_BOX = ((0.272, 0.393), (0.728, 0.393), (0.500, 0.600), (0.273, 0.729), (0.727, 0.729))
_BOX_ASPECT = 0.731


def margin_crop(image_size: int, margin: float) -> BoxCrop:
    """Makes the crop of the detector's box with a margin, squeezed into a square.

    Args:
      image_size: width and height of the crop.
      margin: how much is added to the width and to the height of the box, in pixels of which the
        crop is `image_size` high.
    """
    height = image_size - margin
    width = _BOX_ASPECT * height
    across = image_size / (width + margin)
    points = tuple(
        ((x * width + margin / 2) * across - 0.5, y * height + margin / 2 - 0.5) for x, y in _IN_BOX
    )
    return BoxCrop(image_size, _ALL_FIVE, points, aspect=1 / across)


def square_crop(image_size: int, extension: float) -> BoxCrop:
    """Makes the crop of a square around the center of the detector's box.

    The square's side is the mean of the box's width and height, extended by a fraction.

    Args:
      image_size: width and height of the crop.
      extension: the fraction by which the side is longer than that mean.
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
