"""The flags of random scenes and of shading, which all scripts that render on the fly share."""

from absl import flags

from model.scene_ranges import SceneRanges
from model.shading import COLOR_SPACES, Shading

# The flags count as those of the script that calls `define`.
flags.disclaim_key_flags()

FLAGS = flags.FLAGS


def define() -> None:
    """Defines the flags; the defaults are the scenes of configs/photos.cfg."""
    shading = Shading()
    flags.DEFINE_enum(
        "color_space", shading.color_space, COLOR_SPACES, "In which space lights act."
    )
    flags.DEFINE_float("specular", shading.specular, "c of Ks = c - c Kd.", 0.0, 1.0)
    flags.DEFINE_float("shininess", shading.shininess, "Phong exponent.", lower_bound=0)
    ranges = SceneRanges()
    flags.DEFINE_float("yaw", ranges.yaw_deg, "Random poses: plus or minus, degrees.", 0.0, 90.0)
    flags.DEFINE_float("pitch", ranges.pitch_deg, "Random poses: likewise.", 0.0, 90.0)
    flags.DEFINE_float(
        "light_azimuth", ranges.light_azimuth_deg, "Lights: plus or minus, degrees.", 0.0, 180.0
    )
    _define_range(
        "light_elevation", ranges.light_elevation_deg, "Lights: lowest and highest, degrees."
    )
    _define_range(
        "ambient_share", ranges.ambient_share, "Part of the light without direction: least, most."
    )


def scene_ranges() -> SceneRanges:
    """What random scenes are drawn from."""
    return SceneRanges(
        yaw_deg=FLAGS.yaw,
        pitch_deg=FLAGS.pitch,
        light_azimuth_deg=FLAGS.light_azimuth,
        light_elevation_deg=_as_range(FLAGS.light_elevation),
        ambient_share=_as_range(FLAGS.ambient_share),
    )


def shading() -> Shading:
    """How rendered faces are shaded."""
    return Shading(FLAGS.color_space, FLAGS.specular, FLAGS.shininess)


def _define_range(name: str, default: tuple[float, float], text: str) -> None:
    """Defines a flag of two numbers, the lower first."""
    flags.DEFINE_list(name, [str(x) for x in default], text)
    message = "give two numbers separated by a comma, the lower first"
    flags.register_validator(name, _is_range, message=f"--{name}: {message}")


def _as_range(value: list[str]) -> tuple[float, float]:
    low, high = map(float, value)
    return low, high


def _is_range(value: list[str]) -> bool:
    try:
        low, high = _as_range(value)
    except ValueError:
        return False
    return low <= high
