"""Makes the optimizer of a stage."""

import tf_keras

from model.training.optimizer_options import OptimizerOptions

# A cosine ends at this part of the learning rate.
_LAST = 0.01


def make_optimizer(
    options: OptimizerOptions, learning_rate: float, steps: int
) -> tf_keras.optimizers.Optimizer:
    """Makes an optimizer; under a distribution strategy, call it in its scope.

    Gradients are clipped after they have been added up over all replicas.

    Args:
      options: which one.
      learning_rate: the largest one.
      steps: the length of the stage, at whose end the schedule ends.
    """
    rate = make_schedule(options, learning_rate, steps)
    clip = {"global_clipnorm": options.clip_norm}
    if options.name == "sgd":
        return tf_keras.optimizers.SGD(rate, momentum=options.momentum, **clip)
    if options.name == "adam":
        return tf_keras.optimizers.Adam(rate, **clip)
    optimizer = tf_keras.optimizers.AdamW(rate, weight_decay=options.decay, **clip)
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    return optimizer


def make_schedule(
    options: OptimizerOptions, learning_rate: float, steps: int
) -> tf_keras.optimizers.schedules.LearningRateSchedule:
    """Makes the learning rate as a function of the step."""
    last = _LAST if options.schedule == "cosine" else 1.0
    warmup = options.warmup_steps
    if not warmup:
        return tf_keras.optimizers.schedules.CosineDecay(learning_rate, steps, alpha=last)
    return tf_keras.optimizers.schedules.CosineDecay(
        0.0, max(1, steps - warmup), alpha=last, warmup_target=learning_rate, warmup_steps=warmup
    )
