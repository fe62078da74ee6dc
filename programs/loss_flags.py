"""The flags of what a training minimizes, and the options that they become."""

from absl import flags

import flag_groups
from model.feature_normalization import KINDS
from model.gray_views import ALBEDOS, GrayViews
from model.loss_weights import REDUCTIONS, LossWeights

# The flags count as those of the script, so that its --help shows them.
flags.disclaim_key_flags()

FLAGS = flags.FLAGS


@flag_groups.group("Losses")
def define() -> None:
    """Defines them all; the defaults are those of configs/photos.cfg."""
    _define_weights()
    _define_gray_views()
    flags.DEFINE_enum(
        "loss_reduction",
        "mean",
        REDUCTIONS,
        "Whether losses are averaged over a batch, or summed as equation 3 is written.",
    )
    flags.DEFINE_enum(
        "feature_normalization",
        "none",
        KINDS,
        "How features of photographs are brought near those of renders before they are read; none "
        "leaves both as they are.",
    )
    flags.DEFINE_bool(
        "photo_adapter",
        True,
        "Whether features of photographs pass through a linear layer of their own before those "
        "that read renders as well. The paper has no such layer (docs/experiments.md).",
    )
    flags.DEFINE_string(
        "tone_features",
        "auto",
        "Which tensors of the recognition network skin tone is read from, such as pooled:557 of "
        "the embedded one, for which the face model must have components for skin tone alone "
        "(docs/learned_colors.md). none reads it from those of all else, as in the paper; auto "
        "chooses pooled:557 where both parts have what it needs, and none elsewhere.",
    )
    flags.DEFINE_float(
        "coefficient_radius",
        1.45,
        "The longest shape and texture that are predicted, in lengths of a random face of the face "
        "model; 0 sets no limit.",
        0,
    )


def _define_weights() -> None:
    flags.DEFINE_float("shape_weight", 0.4, "The weight omega_s of equation 3.", lower_bound=0)
    flags.DEFINE_float("texture_weight", 0.4, "The weight omega_t of equation 3.", lower_bound=0)
    flags.DEFINE_float(
        "parameter_weight",
        8.0,
        "The weight of the parameter loss in stage 2, which has none in equation 2.",
        lower_bound=0,
    )
    flags.DEFINE_float(
        "identity_weight",
        300.0,
        "The weight of the identity loss, which has none in equation 2.",
        lower_bound=0,
    )
    flags.DEFINE_float(
        "gray_identity_weight",
        None,
        "The weight of the identity loss of gray views. By default it is twice that of the others.",
        lower_bound=0,
    )
    flags.DEFINE_float(
        "batch_distribution_weight", 1.4, "The weight omega_batch of equation 2.", lower_bound=0
    )
    flags.DEFINE_float(
        "batch_variance",
        1.27,
        "The variance of the coefficients of photographs that the batch distribution loss asks "
        "for, which is 1 in equation 6. People who were not trained on vary less.",
        lower_bound=0,
    )
    flags.DEFINE_float(
        "loopback_weight", 0.56, "The weight omega_loop of equation 2.", lower_bound=0
    )
    flags.DEFINE_float(
        "weight_decay", 0.01, "The weight of the decoder's squared weights.", lower_bound=0
    )


def _define_gray_views() -> None:
    flags.DEFINE_integer(
        "gray_views",
        1,
        "Each face is drawn in this many poses more than --views, in one albedo that is the same "
        "for all people, so that shape must carry who it is. The loopback loss does not see these "
        "views.",
        lower_bound=0,
    )
    flags.DEFINE_enum(
        "gray_albedo",
        "gray",
        ALBEDOS,
        "That albedo: the texture of the face model's mean face, or one gray without brows or "
        "lips.",
    )


def read_weights() -> LossWeights:
    """Reads the weights of all terms."""
    gray = FLAGS.gray_identity_weight
    return LossWeights(
        shape=FLAGS.shape_weight,
        texture=FLAGS.texture_weight,
        parameter=FLAGS.parameter_weight,
        identity=FLAGS.identity_weight,
        gray_identity=2 * FLAGS.identity_weight if gray is None else gray,
        batch_distribution=FLAGS.batch_distribution_weight,
        batch_variance=FLAGS.batch_variance,
        loopback=FLAGS.loopback_weight,
        weight_decay=FLAGS.weight_decay,
    )


def read_gray_views() -> GrayViews:
    """Reads which views show shape alone."""
    return GrayViews(FLAGS.gray_views, FLAGS.gray_albedo)
