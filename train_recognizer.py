"""Trains FaceNet NN2 by the triplet loss, for whoever has no weights of a recognition network.

Examples:
  python train_recognizer.py --output_dir=runs/recognizer
  python train_recognizer.py --output_dir=runs/recognizer --photos=DIR

The first renders faces of a morphable model on the fly; the second takes photographs from a folder
with a subfolder a person. Either writes nn2.npz, which any other command takes by
--identity_encoder=nn2 --identity_weights=FILE.
"""

from absl import app, flags

import command_line
import flag_sets

FLAGS = flags.FLAGS
# What a resumed run may change, since it changes no result.
FREE_FLAGS = frozenset("output_dir resume log_every checkpoint_every".split())


def define_flags() -> None:
    """Defines the flags of the script."""
    flag_sets.define_run(log_every=20, checkpoint_every=100)
    flags.DEFINE_integer("validate_every", 100, "Steps between validations.", lower_bound=1)
    flags.DEFINE_integer(
        "patience",
        400,
        "Steps without a better validation after which the training stops.",
        lower_bound=1,
    )
    flags.DEFINE_integer(
        "image_size", 64, "Width and height of the images in pixels; 224 in the paper.", 32
    )
    flags.DEFINE_float(
        "width", 0.5, "The factor on the numbers of filters; 1 in the paper.", lower_bound=0.01
    )
    flags.DEFINE_bool(
        "batch_normalization",
        True,
        "Whether each convolution is normalized. The paper does not do it.",
    )
    flag_sets.define_photographs()
    flag_sets.define_face_model("The face model of which people are drawn without --photos")
    flag_sets.define_scenes()
    flags.DEFINE_integer("steps", 1500, "Steps of the training.", lower_bound=1)
    flags.DEFINE_integer("identities", 32, "People in a batch, called P.", lower_bound=2)
    flags.DEFINE_integer(
        "images_per_identity", 4, "Images of each person in a batch, called K.", lower_bound=2
    )
    flags.DEFINE_integer(
        "held_out_identities", 250, "People who are validated on, not trained on.", lower_bound=4
    )
    flags.DEFINE_float("margin", 0.2, "The margin of the triplet loss.", lower_bound=0)
    flags.DEFINE_float("learning_rate", 2e-3, "Adam's learning rate at the start.", lower_bound=0)


def main(arguments: list[str]) -> None:
    """Trains what the flags say."""
    if len(arguments) > 1:
        raise app.UsageError(f"unexpected argument {arguments[1]!r}; name photographs by --photos")
    command_line.import_tensorflow()
    from model.training import run_folder
    from programs import recognizer_training
    from storage.lock import folder_lock

    command_line.show_progress("train_recognizer", "model", "data_pipeline")
    run = flag_sets.run()
    options = recognizer_training.Options(
        run=run,
        validate_every=FLAGS.validate_every,
        patience=FLAGS.patience,
        image_size=FLAGS.image_size,
        width=FLAGS.width,
        batch_normalization=FLAGS.batch_normalization,
        photographs=flag_sets.photographs() if FLAGS.photos else None,
        face_model=flag_sets.face_model(),
        scenes=flag_sets.scene_ranges(),
        shading=flag_sets.shading(),
        steps=FLAGS.steps,
        people=FLAGS.identities,
        images=FLAGS.images_per_identity,
        held_out=FLAGS.held_out_identities,
        margin=FLAGS.margin,
        learning_rate=FLAGS.learning_rate,
    )
    settings = flag_sets.settings(arguments[0])
    defaults = flag_sets.default_settings(arguments[0])
    with folder_lock(run.folder):
        run_folder.check(run.folder, settings, run.resume, FREE_FLAGS, defaults)
        people = recognizer_training.open_people(options)
        run_folder.write(run.folder, settings)
        recognizer_training.train(options, people)


if __name__ == "__main__":
    command_line.run("train_recognizer.py", main, define_flags)
