"""What TensorBoard says of each number that training logs, by the beginning of its name."""

_DESCRIPTIONS = {
    "loss/weighted/": "The term as it enters the loss; these add up to it. Means since the last.",
    "loss/loss": "The weighted sum of all terms (equation 2). Means since the last.",
    "loss/parameter": "Squared distance to the coefficients of synthetic faces (equation 3).",
    "loss/identity": "1 - cosine of a photograph and its face, over views in color (equation 4).",
    "loss/gray_identity": "1 - cosine of a photograph and its face, over views in one albedo.",
    "loss/batch_distribution": "Distance of the batch's moments from mean 0 and variance 1.",
    "loss/loopback": "Squared distance to the coefficients that the face's renders are read as.",
    "loss/weight_decay": "The sum of the decoder's squared weights.",
    "learning_rate": "The learning rate of the last step.",
    "gradient_norm/": "The length of the weighted term's gradient on all weights of the decoder.",
    "gradient_share/": "That length as a part of the sum over all terms.",
    "held_out/": "The encoder's mean cosine of held-out photographs and their faces.",
    "r_squared/": "How well coefficients of unseen synthetic faces are read; 1 is perfectly.",
    "photos_": "A statistic of the coefficients that are decoded from photographs.",
    "speed/": "Speed since the last line of progress.",
}


def description(name: str) -> str | None:
    """Describes a number; None if nothing is known of it."""
    return next((text for start, text in _DESCRIPTIONS.items() if name.startswith(start)), None)
