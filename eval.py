"""Measures decoders: are their faces recognized as the people in the photographs?

Examples:
  python eval.py --output_dir=runs/evaluation    (the embedded photographs of the split test)
  python eval.py --checkpoint=RUN/decoder_stage1.npz,RUN --dataset=DIR --output_dir=OUT
  python eval.py --benchmark=micc --dataset=MICC --method=OTHER=MESHES --output_dir=OUT
  python eval.py --benchmark=now --dataset=NOW --output_dir=OUT
  python eval.py --benchmark=protocols --pairs=2000 --output_dir=OUT

Several checkpoints are measured on the same photographs, and the last one is compared with each
other; decoders of another face model are compared by --compare, in two runs. The script writes
metrics.json, tables.md, plots, a contact sheet and report.html.
"""

import dataclasses
import pathlib

from absl import app, flags

import command_line
import flag_groups
import flag_sets
import open_parts
from model import identity
from programs.geometry_options import GeometryOptions, usable_processors

FLAGS = flags.FLAGS
# What each of them measures stands in `programs`; only the names are here, since those modules
# import TensorFlow.
BENCHMARKS = (
    *("recognition", "clustering", "tone", "robustness", "ablation", "sheets"),
    *("micc", "now", "protocols", "synthetic"),
)
# Of these --dataset is a folder of scans.
SCANS = ("micc", "now")
# The names in `evaluation.geometry.protocols`, which the flags must know without SciPy.
PROTOCOLS = ("paper", "tran", "ganfit", "now", "realy", "dense")
SCALES = ("per_mesh", "global", "none")
AVERAGES = ("embeddings", "meshes", "coefficients")


def define_flags() -> None:
    """Defines the flags of the script."""
    flags.DEFINE_list(
        "checkpoint",
        None,
        "Folders of runs or decoder files, separated by commas. By default it is the shipped "
        "decoder.",
    )
    flag_sets.define_face_model("The face model of the decoders, if it is not their run's own")
    flag_sets.define_encoder(default=None)
    flags.DEFINE_enum(
        "benchmark",
        "all",
        (*BENCHMARKS, "all"),
        "What is measured: recognition as in section 4.3 of the paper, clustering as in 4.4, "
        "tone (whether skin tones follow the people), robustness (figure 6: damaged, turned and "
        "badly lit photographs), ablation (figure 3: runs that lack a loss), sheets (figures 1, 4 "
        "and 7: faces beside any photographs, paintings included); distances to scans as in table "
        "1, in the layout of the MICC data set (micc); the NoW benchmark on its validation data "
        "(now); how far each protocol that compares faces with scans can be believed (protocols); "
        "errors on rendered faces whose coefficients are known (synthetic); or all of these (all). "
        "Without --dataset, micc and now make a small stand-in. See docs/evaluation.md and "
        "docs/evaluation_on_photographs.md.",
    )
    define_geometry_flags()
    flag_sets.define_photographs("dataset", cache=True)
    flags.DEFINE_enum(
        "scorer", "openvino_ir", identity.NAMES, "The independent recognition network that judges."
    )
    flags.DEFINE_string(
        "scorer_weights", None, "The file of its weights. By default it is the embedded scorer."
    )
    flags.DEFINE_string(
        "labels",
        None,
        "A CSV file of what is known about the people: a column 'file' as in --photo_list, and "
        "others of any name, by which figures are given by group. A column 'dark' (1 or 0) says "
        "whose skin is plainly dark; whether the decoded tones tell is then measured.",
    )
    flags.DEFINE_list(
        "group_by", None, "The columns of --labels to group by. By default all are used."
    )
    flags.DEFINE_string(
        "compare",
        None,
        "The folder of an earlier evaluation on the same photographs: the last decoder's gain over "
        "its decoders is printed.",
    )
    flags.DEFINE_bool(
        "must_improve",
        False,
        "Whether the script fails unless the scorer finds each decoder better than the one before.",
    )
    flags.DEFINE_string(
        "ablation_dir",
        None,
        "The folder of the runs of configs/ablations, each in a folder of its settings' name. One "
        "that is not there is trained. By default it lies in the output folder.",
    )
    flags.DEFINE_integer(
        "ablation_steps",
        40,
        "Steps of stage 2 of an ablation that has to be trained; stage 1 and the number of "
        "synthetic faces are cut down with it. configs/ablations says how many it has by itself.",
        lower_bound=1,
    )
    flag_sets.define_refinement()
    flags.DEFINE_integer("sheet_faces", 24, "People on the contact sheet.", lower_bound=1)
    flags.DEFINE_string("output_dir", None, "The folder for the report.", required=True)


@flag_groups.group("Benchmarks on scans")
def define_geometry_flags() -> None:
    """Defines the flags of the benchmarks on scans."""
    flags.DEFINE_enum(
        "protocol", "paper", PROTOCOLS, "How reconstructions are compared with scans (micc)."
    )
    flags.DEFINE_list(
        "scale",
        ["per_mesh", "global"],
        "Whether each mesh gets a scale of its own (per_mesh), all meshes of a method one (global) "
        "or none (none), for micc; several separated by commas are all reported.",
    )
    flags.register_validator(
        "scale",
        lambda value: bool(value) and set(value) <= set(SCALES),
        message=f"--scale: give one or more of {', '.join(SCALES)}",
    )
    flags.DEFINE_enum(
        "average", "embeddings", AVERAGES, "What is averaged over the frames of a video (micc)."
    )
    flags.DEFINE_enum(
        "frontal", "mean", ("mean", "min"), "How the two frontal scans of a subject are joined."
    )
    flags.DEFINE_integer(
        "frame_step", 1, "Each so-manieth frame of a video is used.", lower_bound=1
    )
    flags.DEFINE_multi_string(
        "method",
        [],
        "NAME=FOLDER: meshes that another system made (OBJ, PLY, GLB), with or without color, "
        "measured in the same tables. A mesh has the name of its photograph, or of its subject and "
        "condition where there are scans. May be repeated.",
    )
    flags.DEFINE_integer(
        "pairs",
        GeometryOptions.pairs,
        "How many wrong reconstructions of known faces all protocols measure (protocols). Those "
        "that are finished are kept in the output folder.",
        lower_bound=1,
    )
    flags.DEFINE_string(
        "faces",
        None,
        "A folder of meshes in dense correspondence, of which reconstructions with known errors "
        "are made (protocols). By default they are random faces of the face model.",
    )
    flags.DEFINE_integer(
        "processes",
        None,
        "How many processes measure at once (protocols). By default one for each processor.",
        lower_bound=1,
    )


def photographs() -> flag_sets.PhotographOptions:
    """Reads the flags of photographs; of the embedded ones those on which nothing is trained."""
    chosen = flag_sets.photographs("dataset")
    named = FLAGS.dataset or FLAGS.photo_list or FLAGS.photo_split
    return chosen if named else dataclasses.replace(chosen, split="test")


def geometry() -> GeometryOptions:
    """Reads the flags of the benchmarks on scans and on known faces."""
    named = FLAGS["dataset"].value if FLAGS.benchmark in SCANS else None
    return GeometryOptions(
        folder=named and pathlib.Path(named),
        protocol=FLAGS.protocol,
        scales=tuple(FLAGS.scale),
        average=FLAGS.average,
        frontal=FLAGS.frontal,
        frame_step=FLAGS.frame_step,
        methods=tuple(FLAGS.method) if FLAGS.benchmark in SCANS else (),
        pairs=FLAGS.pairs,
        faces=FLAGS.faces,
        processes=FLAGS.processes or usable_processors(),
    )


def main(arguments: list[str]) -> None:
    """Measures what the flags say."""
    if len(arguments) > 1:
        raise app.UsageError(
            f"unexpected argument {arguments[1]!r}; photographs go in by --dataset"
        )
    command_line.import_tensorflow()
    from model.trained import Parts
    from programs import decoder_evaluation
    from programs.ablation_runs import AblationOptions
    from programs.workbench import Options

    command_line.show_progress("data_pipeline")
    scorer_weights = FLAGS.scorer_weights
    if scorer_weights is None and FLAGS.scorer == "openvino_ir":
        scorer_weights = str(open_parts.SCORER)
    encoder = flag_sets.encoder()
    decoder_evaluation.run(
        Options(
            output=pathlib.Path(FLAGS.output_dir),
            checkpoints=FLAGS.checkpoint or [open_parts.DECODER],
            benchmark=FLAGS.benchmark,
            photographs=photographs(),
            parts=Parts(FLAGS.face_model, encoder.name, encoder.weights),
            scorer=flag_sets.EncoderOptions(FLAGS.scorer, scorer_weights, "penultimate"),
            compare=FLAGS.compare,
            must_improve=FLAGS.must_improve,
            sheet_faces=FLAGS.sheet_faces,
            labels=FLAGS.labels,
            group_by=FLAGS.group_by,
            refine_steps=FLAGS.refine_steps,
            geometry=geometry(),
            methods=() if FLAGS.benchmark in SCANS else tuple(FLAGS.method),
            ablation=AblationOptions(
                pathlib.Path(FLAGS.ablation_dir or pathlib.Path(FLAGS.output_dir, "ablation")),
                FLAGS.ablation_steps,
            ),
        )
    )


if __name__ == "__main__":
    command_line.run("eval.py", main, define_flags)
