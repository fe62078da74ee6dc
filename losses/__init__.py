"""The paper's losses as pure functions of tensors (section 3.3)."""

from losses.batch_distribution import batch_distribution_loss, batch_moments
from losses.identity import cosine_score, identity_loss
from losses.loopback import loopback_loss
from losses.parameter import parameter_loss

__all__ = [
    "batch_distribution_loss",
    "batch_moments",
    "cosine_score",
    "identity_loss",
    "loopback_loss",
    "parameter_loss",
]
