"""Canonical positions of landmarks that more than one network is aligned by."""

from model.identity.crop import Crop

# The five points of the networks of Open Model Zoo. Checked against crops of its own pipeline:
# warping a photograph to these numbers, integers being centers of pixels, gives them to the bit.
FIVE_POINT_CROP = Crop(
    image_size=128,
    point_indices=(0, 1, 2, 3, 4),
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
