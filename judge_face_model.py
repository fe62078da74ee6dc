"""How well recognition networks tell the faces of face models apart.

    python judge_face_model.py MODEL.h5 [OTHER.h5 ...] [--faces=500] [--sheet=FILE]

Without a model the embedded one is judged. The script prints a Markdown table:

- gap: by how much the mean cosine of two views of one face is above that of two faces; AUC: how
  often the former is larger. Scorer and recognizer give both; renders are aligned by the model's
  own points.
- found: in how many first views the detector sees exactly one face; points: how far its five points
  lie from the model's own, in percent of the distance between the eyes.
- skin: how many faces have a mean skin color inside the range of human skin, and the 1st and 99th
  percentile of its L*.
"""

import pathlib

from absl import flags

import command_line
import open_parts

FLAGS = flags.FLAGS


def define_flags() -> None:
    """Defines the flags of the script."""
    flags.DEFINE_integer("faces", 500, "Random faces of each model and seed.", lower_bound=8)
    flags.DEFINE_integer(
        "seeds", 2, "How often the test is repeated with other faces.", lower_bound=1
    )
    flags.DEFINE_string(
        "sheet", None, "A picture (.jpg or .png) to write, of 48 faces of the first model."
    )


def main(arguments: list[str]) -> None:
    """Judges the models that the arguments name."""
    paths = arguments[1:] or [str(open_parts.FACE_MODEL)]
    suffix = pathlib.Path(FLAGS.sheet or "").suffix.lower()
    if FLAGS.sheet and suffix not in (".jpg", ".jpeg", ".png"):
        raise ValueError(f"--sheet={FLAGS.sheet}: must end in .jpg or .png")
    command_line.import_tensorflow()
    from data_pipeline.mtcnn_detector import MtcnnDetector
    from model import identity
    from model.face_models.load import load_face_model
    from programs.face_distinctness import DistinctnessTest, markdown_table, sheet
    from storage.atomic import write_bytes
    from storage.images import jpeg, png

    # All are loaded before the work of minutes, which a wrong path in the middle would lose.
    models = {path: load_face_model(path) for path in paths}
    if FLAGS.sheet:
        encode = png if suffix == ".png" else jpeg
        write_bytes(FLAGS.sheet, encode(sheet(models[paths[0]])))
    networks = {
        "scorer": identity.load("openvino_ir", open_parts.SCORER),
        "recognizer": identity.load("openvino_ir", open_parts.ENCODER),
    }
    test = DistinctnessTest(networks, MtcnnDetector())
    rows = [
        test(model, path, seed, FLAGS.faces)
        for path, model in models.items()
        for seed in range(FLAGS.seeds)
    ]
    print(markdown_table(rows))


if __name__ == "__main__":
    command_line.run("judge_face_model.py", main, define_flags)
