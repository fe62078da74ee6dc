"""Losses as pure functions of tensors: those of the paper (section 3.3), and that of FaceNet."""

from losses.batch_distribution import batch_distribution_loss, batch_moments
from losses.identity import cosine_score, identity_loss
from losses.loopback import loopback_loss
from losses.parameter import parameter_loss
from losses.triplet import triplet_loss

__all__ = [
    "batch_distribution_loss",
    "batch_moments",
    "cosine_score",
    "identity_loss",
    "loopback_loss",
    "parameter_loss",
    "triplet_loss",
]
