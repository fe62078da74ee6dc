"""Expressions that have a word of their own, as strengths of named expressions.

Nothing here imports TensorFlow, so that flags can name them.
"""

from collections.abc import Mapping


def _both(**strengths: float) -> dict[str, float]:
    """The same strength on the left and on the right."""
    return {f"{name}{side}": s for name, s in strengths.items() for side in ("Left", "Right")}


# By the names that ARKit gives to expressions; chosen by eye.
PRESETS: Mapping[str, Mapping[str, float]] = {
    "smile": _both(
        mouthSmile=0.8, cheekSquint=0.55, eyeSquint=0.25, mouthUpperUp=0.3, mouthLowerDown=0.15
    ),
    "laugh": {
        "jawOpen": 0.32,
        **_both(mouthSmile=0.9, cheekSquint=0.8, eyeSquint=0.5),
        **_both(mouthUpperUp=0.35, browInnerUp=0.2),
    },
    "surprise": {
        "jawOpen": 0.45,
        "mouthFunnel": 0.25,
        **_both(browInnerUp=0.9, browOuterUp=0.8, eyeWide=0.8),
    },
    "sad": {"mouthShrugLower": 0.4, **_both(browInnerUp=0.8, mouthFrown=0.75, eyeSquint=0.2)},
    "angry": _both(browDown=0.95, noseSneer=0.5, eyeSquint=0.5, mouthPress=0.5, mouthFrown=0.3),
    "kiss": {"mouthPucker": 0.95, **_both(eyeSquint=0.15, cheekSquint=0.1)},
    "wink": {
        "eyeBlinkLeft": 1.0,
        "cheekSquintLeft": 0.7,
        "mouthSmileLeft": 0.6,
        "mouthSmileRight": 0.35,
        "browDownLeft": 0.25,
    },
}


def parse_expression(words: list[str]) -> dict[str, float]:
    """Reads an expression: words such as `smile` and `jawOpen=0.3`, of which later ones win.

    Raises:
      ValueError: a word is no preset, and no NAME=STRENGTH with a number in 0..1.
    """
    strengths: dict[str, float] = {}
    for word in words:
        name, sign, number = word.partition("=")
        if not sign and name in PRESETS:
            strengths |= PRESETS[name]
            continue
        try:
            strength = float(number)
        except ValueError:
            strength = -1.0
        if not (name and 0.0 <= strength <= 1.0):
            raise ValueError(
                f"{word!r} is no expression; name one of {', '.join(PRESETS)}, or give "
                "NAME=STRENGTH with a strength from 0 to 1, such as jawOpen=0.3"
            )
        strengths[name] = strength
    return strengths
