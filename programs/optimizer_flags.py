"""The flags of how a training changes the weights, and the options that they become."""

from absl import flags

import flag_groups
from model.training.optimizer_options import OPTIMIZERS, SCHEDULES, OptimizerOptions

# The flags count as those of the script, so that its --help shows them.
flags.disclaim_key_flags()

FLAGS = flags.FLAGS


@flag_groups.group("Optimizer")
def define() -> None:
    """Defines them all; the defaults are those of configs/photos.cfg."""
    flags.DEFINE_enum(
        "optimizer",
        "adam",
        OPTIMIZERS,
        "How gradients change the weights of the decoder; adamw also takes a part of each weight "
        "matrix off (--adamw_decay).",
    )
    flags.DEFINE_float(
        "sgd_momentum", 0.9, "The momentum of --optimizer=sgd.", lower_bound=0, upper_bound=0.9999
    )
    flags.DEFINE_float(
        "adamw_decay",
        0.004,
        "The part of each weight matrix, times the learning rate, that --optimizer=adamw takes off "
        "in a step. --weight_decay is a term of the loss instead.",
        lower_bound=0,
    )
    flags.DEFINE_enum(
        "learning_rate_schedule",
        "cosine",
        SCHEDULES,
        "Whether the learning rate of each stage falls to a hundredth along a cosine, or stays.",
    )
    flags.DEFINE_integer(
        "warmup_steps",
        0,
        "Over so many steps at the start of each stage the learning rate rises from 0.",
        lower_bound=0,
    )
    flags.DEFINE_float(
        "gradient_clip",
        0,
        "The greatest length of the gradient of all weights together; 0 sets no limit.",
        lower_bound=0,
    )
    flags.DEFINE_float(
        "weight_average",
        0,
        "The decay of a moving average of the weights, such as 0.999 for about the last thousand "
        "steps. The average is what is measured and kept. 0 keeps the weights of the last step.",
        lower_bound=0,
        upper_bound=0.999999,
    )
    flags.DEFINE_float(
        "dropout",
        0,
        "The part of the features that is left out in each step, the same ones in all samples.",
        lower_bound=0,
        upper_bound=0.9,
    )


def read() -> OptimizerOptions:
    """Reads them; one set holds for both stages."""
    return OptimizerOptions(
        name=FLAGS.optimizer,
        momentum=FLAGS.sgd_momentum,
        decay=FLAGS.adamw_decay,
        schedule=FLAGS.learning_rate_schedule,
        warmup_steps=FLAGS.warmup_steps,
        clip_norm=FLAGS.gradient_clip or None,
        weight_average=FLAGS.weight_average or None,
    )
