"""The weights of the losses; apart from TensorFlow, so that flags can have defaults."""

import dataclasses

# The losses of single samples are averaged, or they are added up as equation 3 is written.
REDUCTIONS = ("mean", "paper_sum")


@dataclasses.dataclass(frozen=True)
class LossWeights:
    """The weights of equations 2 and 3; the defaults are the paper's.

    Attributes:
      shape, texture: omega_s and omega_t, which weight both parts of the parameter loss.
      parameter: the weight of the parameter loss in stage 2. Equation 2 has none, which means 1. In
        stage 1 the loss is alone, and its weight is 1.
      identity: the weight of the identity loss. Equation 2 has none, which means 1.
      gray_identity: the weight of the identity loss of gray views (`model.gray_views`), which the
        paper does not have.
      batch_distribution: omega_batch.
      batch_variance: the variance that the batch distribution loss asks for, 1 in equation 6.
      loopback: omega_loop.
      weight_decay: the weight of the decoder's squared weights. The paper gives no value.
    """

    shape: float = 0.4
    texture: float = 0.002
    parameter: float = 1.0
    identity: float = 1.0
    gray_identity: float = 1.0
    batch_distribution: float = 10.0
    batch_variance: float = 1.0
    loopback: float = 0.07
    weight_decay: float = 0.0
