"""The flags that several commands share, by subject, and the options that they become.

A script calls `define_SUBJECT` before it parses its arguments and `SUBJECT` after. The options are
plain objects, so no library module ever looks at a flag. Nothing here imports TensorFlow: `--help`
and a wrong flag are answered at once. A default that is one of the embedded parts is None, so that
neither `--help` nor the settings of a run hold a path of the machine.
"""

import dataclasses
import pathlib

from absl import flags

import flag_groups
import open_parts
from model import identity
from model.scene_ranges import SceneRanges
from model.shading import COLOR_SPACES, Shading

# The flags count as those of the script that calls `define_…`, so that its --help shows them.
flags.disclaim_key_flags()

FLAGS = flags.FLAGS
RESUME = ("auto", "never", "must")


@dataclasses.dataclass(frozen=True)
class PhotographOptions:
    """Which photographs are used, and where their faces are.

    Attributes:
      folder: the folder of photographs.
      photo_list: a CSV file that restricts them, or None.
      split: the rows of the list that count, or None for all.
      landmarks: a CSV file of five points a photograph; None for the detector.
      cache: where features of the photographs are kept; None for the default of the command.
    """

    folder: pathlib.Path
    photo_list: str | None
    split: str | None
    landmarks: str | None
    cache: str | None


@dataclasses.dataclass(frozen=True)
class EncoderOptions:
    """Which recognition network reads photographs.

    Attributes:
      name: one of `model.identity.NAMES`, or None where a trained decoder says it.
      weights: the file of its weights, or None for the one that the project carries or fetched.
      features: which of its tensors are the decoder's input.
    """

    name: str | None
    weights: str | None
    features: str

    @property
    def tone_features(self) -> str | None:
        """The features that tell skin tones of photographs best; None where none are known.

        They are those of a layer of the embedded encoder (docs/results.md).
        """
        embedded = self.name == "openvino_ir" and self.weights is None
        return "pooled:557" if embedded else None


@dataclasses.dataclass(frozen=True)
class RunOptions:
    """The folder of a run, and how often things happen in it.

    Attributes:
      folder: gets checkpoints, logs, samples and what is trained.
      resume: "auto" goes on if the folder holds a run, "must" insists on one, "never" refuses it.
      seed: of everything random.
      log_every, checkpoint_every: steps between progress lines and between checkpoints.
    """

    folder: pathlib.Path
    resume: str
    seed: int
    log_every: int
    checkpoint_every: int


@flag_groups.group("Photographs")
def define_photographs(folder_flag: str = "photos", cache: bool = False) -> None:
    """Defines the flags of photographs; `folder_flag` names the one of their folder."""
    flags.DEFINE_string(
        folder_flag,
        None,
        "The folder of photographs: any folder, or one in the layout of VGG-Face. By default the "
        "embedded photographs are used.",
    )
    flags.DEFINE_string(
        "photo_list",
        None,
        "A CSV file whose column 'file' names the photographs that are used. By default all are.",
    )
    flags.DEFINE_string(
        "photo_split",
        None,
        "Only the rows of the list whose column 'split' has this value are used.",
    )
    flags.DEFINE_string(
        "landmarks",
        None,
        "A CSV file of five points a photograph. By default the detector (mtcnn) finds them.",
    )
    if cache:
        flags.DEFINE_string(
            "photo_cache",
            None,
            "The folder that keeps the features of the photographs. By default it lies in the "
            "output folder.",
        )


def photographs(folder_flag: str = "photos") -> PhotographOptions:
    """Reads the flags of `define_photographs`."""
    return PhotographOptions(
        folder=pathlib.Path(FLAGS[folder_flag].value or open_parts.PHOTOS),
        photo_list=FLAGS.photo_list,
        split=FLAGS.photo_split,
        landmarks=FLAGS.landmarks,
        cache=FLAGS["photo_cache"].value if "photo_cache" in FLAGS else None,
    )


@flag_groups.group("Parts")
def define_face_model(whose: str = "The face model") -> None:
    """Defines the flag of the face model's file."""
    flags.DEFINE_string(
        "face_model",
        None,
        f"{whose}: a file in the layout of the Basel Face Model 2017 or 2019, or the .mat file of "
        "2009. By default it is the embedded one (docs/face_models.md).",
    )


def face_model() -> pathlib.Path:
    """Reads the flag of `define_face_model`."""
    return pathlib.Path(FLAGS.face_model or open_parts.FACE_MODEL)


@flag_groups.group("Parts")
def define_encoder(default: str | None = "openvino_ir", with_features: bool = False) -> None:
    """Defines the flags of the recognition network that reads photographs.

    Args:
      default: its default name; None where the decoder's own is found by itself.
      with_features: whether the command chooses the features.
    """
    by_default = "" if default else " By default it is the one that the decoder was trained with."
    flags.DEFINE_enum(
        "identity_encoder",
        default,
        identity.NAMES,
        f"The frozen recognition network that reads photographs.{by_default}",
    )
    flags.DEFINE_string(
        "identity_weights",
        None,
        "The file of that network's weights. By default it is the embedded one for openvino_ir, "
        "and the one that `python -m model.identity.fetch` has downloaded for the others.",
    )
    if with_features:
        flags.DEFINE_string(
            "identity_features",
            "penultimate",
            "Which tensors of that network are the decoder's input: penultimate, embedding, "
            "pooled:LAYER, or several of them separated by commas.",
        )


def encoder() -> EncoderOptions:
    """Reads the flags of `define_encoder`."""
    features = FLAGS["identity_features"].value if "identity_features" in FLAGS else "penultimate"
    return EncoderOptions(FLAGS.identity_encoder, FLAGS.identity_weights, features)


@flag_groups.group("The run")
def define_run(log_every: int, checkpoint_every: int) -> None:
    """Defines the flags of a run's folder."""
    flags.DEFINE_string(
        "output_dir",
        None,
        "The folder of the run: checkpoints, logs, samples and what is trained.",
        required=True,
    )
    flags.DEFINE_enum(
        "resume",
        "auto",
        RESUME,
        "Whether the run goes on from the newest checkpoint in its folder: auto does if there is "
        "one, must insists on it, never refuses a folder that holds a run.",
    )
    flags.DEFINE_integer("seed", 0, "The seed of everything random in the run.")
    flags.DEFINE_integer("log_every", log_every, "Steps between progress lines.", lower_bound=1)
    flags.DEFINE_integer(
        "checkpoint_every", checkpoint_every, "Steps between checkpoints.", lower_bound=1
    )


def run() -> RunOptions:
    """Reads the flags of `define_run`."""
    return RunOptions(
        folder=pathlib.Path(FLAGS.output_dir),
        resume=FLAGS.resume,
        seed=FLAGS.seed,
        log_every=FLAGS.log_every,
        checkpoint_every=FLAGS.checkpoint_every,
    )


def settings(script: str) -> dict:
    """Returns all flags of a script with their values, as JSON can hold them.

    Args:
      script: the script's path, which `main` gets as its first argument.
    """
    return {flag.name: flag.value for flag in FLAGS.get_key_flags_for_module(script)}


def default_settings(script: str) -> dict:
    """Returns the defaults of all flags of a script, as `settings` returns their values."""
    return {flag.name: flag.default for flag in FLAGS.get_key_flags_for_module(script)}


def define_refinement() -> None:
    """Defines the flag of how far faces are fitted to their photographs after decoding."""
    flags.DEFINE_integer(
        "refine_steps",
        0,
        "After the decoder has read a face, this many steps fit it further to its photograph by "
        "the identity loss. Thirty steps take some seconds a face on two cores and make it clearly "
        "more alike (docs/refinement.md). 0 leaves faces as they are read.",
        lower_bound=0,
    )


@flag_groups.group("Random scenes and shading")
def define_scenes() -> None:
    """Defines the flags of random scenes and of shading; the defaults are those of photos.cfg."""
    shading_defaults, ranges = Shading(), SceneRanges()
    flags.DEFINE_enum(
        "color_space",
        shading_defaults.color_space,
        COLOR_SPACES,
        "The space in which lights act: encoded colors (srgb) or linear ones.",
    )
    flags.DEFINE_float(
        "specular",
        shading_defaults.specular,
        "The constant c of the specular colors Ks = c - c Kd (section 3.2.2).",
        0.0,
        1.0,
    )
    flags.DEFINE_float(
        "shininess", shading_defaults.shininess, "The exponent of the highlights.", lower_bound=0
    )
    flags.DEFINE_float(
        "yaw", ranges.yaw_deg, "Random poses turn left and right by up to this, in degrees.", 0, 90
    )
    flags.DEFINE_float(
        "pitch", ranges.pitch_deg, "Random poses nod up and down by up to this, in degrees.", 0, 90
    )
    flags.DEFINE_float(
        "light_azimuth",
        ranges.light_azimuth_deg,
        "Lights stand left and right of the camera by up to this, in degrees.",
        0.0,
        180.0,
    )
    _define_range(
        "exposure",
        ranges.exposure,
        "The least and the largest amount of light on a surface that faces the camera; with 1 a "
        "white one is just as bright as white.",
    )
    flags.DEFINE_float(
        "exposure_compensation",
        ranges.exposure_compensation,
        "How far the exposure of random scenes makes up for a dark or a light face, as "
        "photographers do: 0 exposes all faces alike, 1 makes all equally bright.",
        0.0,
        1.0,
    )
    _define_range(
        "light_elevation",
        ranges.light_elevation_deg,
        "The lowest and the highest elevation of lights, in degrees.",
    )
    _define_range(
        "ambient_share",
        ranges.ambient_share,
        "The least and the largest part of the light that comes from everywhere.",
    )


def scene_ranges() -> SceneRanges:
    """Reads what random scenes are drawn from."""
    return SceneRanges(
        yaw_deg=FLAGS.yaw,
        pitch_deg=FLAGS.pitch,
        light_azimuth_deg=FLAGS.light_azimuth,
        light_elevation_deg=_as_range(FLAGS.light_elevation),
        exposure=_as_range(FLAGS.exposure),
        exposure_compensation=FLAGS.exposure_compensation,
        ambient_share=_as_range(FLAGS.ambient_share),
    )


def shading() -> Shading:
    """Reads how faces are shaded."""
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
