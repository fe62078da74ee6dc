"""Trains a decoder from unlabeled photographs, in the two stages of section 3.3.

Example:
  python train.py --flagfile=configs/photos.cfg --output_dir=runs/photos
"""

from absl import app, flags

import command_line
import flag_sets
from programs import training_flags

FLAGS = flags.FLAGS
# What a resumed run may change, since it changes no result.
FREE_FLAGS = frozenset(
    "output_dir resume strategy photo_cache cache_dir data_service".split()
    + "log_every checkpoint_every samples_every gradient_norms_every".split()
)


def define_flags() -> None:
    """Defines the flags of the script; their defaults are those of configs/photos.cfg."""
    training_flags.define()


def main(arguments: list[str]) -> None:
    """Trains what the flags say."""
    if len(arguments) > 1:
        raise app.UsageError(f"unexpected argument {arguments[1]!r}; name photographs by --photos")
    training_flags.check_flags()
    command_line.import_tensorflow()
    from model.training import run_folder
    from programs import decoder_training, gradient_shares
    from programs.training_parts import load_networks, prepare_parts
    from storage.lock import folder_lock

    command_line.show_progress("train", "model", "data_pipeline")
    options, settings = training_flags.read_options(), flag_sets.settings(arguments[0])
    with folder_lock(options.run.folder):
        if FLAGS.print_gradient_shares:
            gradient_shares.show(options, FLAGS.print_gradient_shares)
            return
        run_folder.check(options.run.folder, settings, options.run.resume, FREE_FLAGS)
        networks = load_networks(options)
        parts = prepare_parts(options, *networks)
        run_folder.write(options.run.folder, settings)
        decoder_training.train(options, parts)


if __name__ == "__main__":
    command_line.run("train.py", main, define_flags)
