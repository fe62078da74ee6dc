"""Makes a set of photographs for training: finds, judges, aligns, cuts and encodes their faces.

    python -m data_pipeline.prepare --photos=DIR --output=SET
    python -m data_pipeline.prepare --photos=DIR --video_every=30 --output=SET
    python -m data_pipeline.prepare --tfds=lfw --output=SET
    python train.py --photos=SET --output_dir=RUN

DIR is any folder, or one in the layout of VGG-Face or LFW. The command can be stopped at any time
and goes on where it was. It is not stopped by files that cannot be read, and reports at the end
which photographs were rejected and why, with sheets to look at, in SET/report.
"""

import dataclasses
import time

from absl import app, flags

import command_line
import flag_groups
import flag_sets
from data_pipeline import crop_variants, worker_processes

FLAGS = flags.FLAGS
# With fewer photographs each, processes take longer to start than they save.
_MOST_PROCESSES = 8
_PHOTOGRAPHS_OF_A_PROCESS = 64


def define_flags() -> None:
    """Defines the flags of the command."""
    flag_sets.define_photographs()
    flag_sets.define_encoder(with_features=True)
    flags.DEFINE_string(
        "tone_features",
        "auto",
        "Which further tensors of that network are encoded, for skin tone, as for train.py: auto "
        "are those of the embedded one, none are none.",
    )
    flags.DEFINE_string("output", None, "The folder of the set to make.", required=True)
    flags.DEFINE_integer(
        "photo_crops",
        len(crop_variants.CROPS),
        "Crops in which each photograph is encoded, as for train.py; 0 encodes nothing and keeps "
        "the aligned crops alone.",
        0,
        len(crop_variants.CROPS),
    )
    flags.DEFINE_integer(
        "processes",
        None,
        "How many processes share the work. By default one for each core and for each "
        f"{_PHOTOGRAPHS_OF_A_PROCESS} photographs, up to {_MOST_PROCESSES}; each takes 0.7 GB.",
        lower_bound=1,
    )
    _define_sources()
    _define_acceptance()


@flag_groups.group("Other sources of photographs")
def _define_sources() -> None:
    flags.DEFINE_integer(
        "video_every",
        0,
        "Every n-th frame of the videos in the folder is a photograph as well; 0 reads no videos.",
        lower_bound=0,
    )
    flags.DEFINE_bool(
        "aligned",
        False,
        "Whether the photographs are crops that are aligned as the network wants them already; "
        "then no face is looked for.",
    )
    flags.DEFINE_string(
        "tfds",
        None,
        "The name of a data set of TensorFlow Datasets that was prepared, such as lfw, instead of "
        "a folder.",
    )
    flags.DEFINE_string("tfds_split", None, "Its split; by default all are used.")
    flags.DEFINE_string(
        "tfds_dir", None, "The folder of data sets; by default that of TensorFlow Datasets."
    )


@flag_groups.group("Which faces are of use")
def _define_acceptance() -> None:
    flags.DEFINE_float(
        "min_eye_distance",
        10.0,
        "Faces whose eyes are fewer pixels apart in the photograph are rejected.",
        lower_bound=0,
    )
    flags.DEFINE_float(
        "min_confidence", 0.0, "Faces of which the detector is less sure are rejected.", 0.0, 1.0
    )
    flags.DEFINE_float(
        "min_sharpness",
        0.0,
        "Crops whose Laplacian has a smaller variance (in squared gray levels) are rejected.",
        lower_bound=0,
    )
    flags.DEFINE_bool(
        "trust_boxes",
        False,
        "Whether a box of a VGG-Face listing in which no face is found is taken for one.",
    )


def main(arguments: list[str]) -> None:
    """Prepares the photographs that the flags name."""
    if len(arguments) > 1:
        raise app.UsageError(f"unexpected argument {arguments[1]!r}; name photographs by --photos")
    check_flags()
    command_line.show_progress("data_pipeline")
    start = time.monotonic()
    listing = list_sources()
    count = FLAGS.processes or usual_processes(len(listing.photographs))
    if count > 1:
        worker_processes.import_ahead()
    command_line.import_tensorflow()
    from data_pipeline.face_cutting import Acceptance
    from data_pipeline.feature_cache import VARIANTS
    from data_pipeline.photo_preparation import Processes, prepare_photographs
    from data_pipeline.preparation_report import write_report
    from data_pipeline.preparation_tools import ToolOptions

    options = ToolOptions(encoder_options(), FLAGS.landmarks, FLAGS.aligned)
    tools = options.make()
    cache = prepare_photographs(
        listing,
        tools.encoder,
        tools.detector,
        FLAGS.output,
        VARIANTS[: 2 * FLAGS.photo_crops],
        Acceptance(
            FLAGS.min_eye_distance, FLAGS.min_confidence, FLAGS.min_sharpness, FLAGS.trust_boxes
        ),
        progress=True,
        processes=Processes(count, options.make),
    )
    facts = {"time of the last run": f"{time.monotonic() - start:.0f} s, processes: {count}"}
    print(write_report(cache, listing, facts))
    print(f"{cache.path}: {len(cache)} photographs; train.py --photos={cache.path}")


def encoder_options() -> flag_sets.EncoderOptions:
    """Reads which network encodes, with all features that train.py needs by default."""
    encoder = flag_sets.encoder()
    tone = encoder.tone_features if FLAGS.tone_features == "auto" else FLAGS.tone_features
    if tone in (None, "none"):
        return encoder
    return dataclasses.replace(encoder, features=f"{encoder.features},{tone}")


def usual_processes(photographs: int) -> int:
    """How many processes are worth their start for a number of photographs."""
    cores = worker_processes.usable_cores()
    return max(1, min(cores, _MOST_PROCESSES, photographs // _PHOTOGRAPHS_OF_A_PROCESS))


def check_flags() -> None:
    """Refuses flags that exclude each other, before any work is done.

    Raises:
      ValueError: names both flags.
    """
    with_tfds = ("photos", "photo_list", "photo_split", "video_every")
    if FLAGS.tfds and (given := [name for name in with_tfds if FLAGS[name].value]):
        raise ValueError(f"--tfds and --{given[0]} exclude each other; run the command for each")
    if not FLAGS.tfds and (FLAGS.tfds_split or FLAGS.tfds_dir):
        raise ValueError("--tfds_split and --tfds_dir need --tfds, the name of a data set")
    if FLAGS.aligned and FLAGS.landmarks:
        raise ValueError("--aligned and --landmarks exclude each other: give one of them")


def list_sources():
    """Lists the photographs that the flags name, as a `data_pipeline.photographs.Listing`."""
    if FLAGS.tfds:
        command_line.import_tensorflow()
        from data_pipeline.tfds_photographs import list_tfds

        return list_tfds(FLAGS.tfds, FLAGS.tfds_split, FLAGS.tfds_dir)
    from data_pipeline.photographs import list_photographs
    from data_pipeline.video_frames import list_frames

    photos = flag_sets.photographs()
    frames = list_frames(photos.folder, FLAGS.video_every) if FLAGS.video_every else ()
    return list_photographs(photos.folder, photos.photo_list, photos.split, frames)


if __name__ == "__main__":
    command_line.run("data_pipeline.prepare", main, define_flags)
