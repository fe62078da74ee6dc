"""Trains a decoder from unlabeled photographs, in the two stages of section 3.3.

Example:
  python train.py --flagfile=configs/photos.cfg --output_dir=runs/photos
"""

import contextlib

from absl import app, flags

import command_line
import flag_sets
from programs import training_flags

FLAGS = flags.FLAGS
# What a resumed run may change, since it changes no result.
FREE_FLAGS = frozenset(
    "output_dir resume strategy photo_cache cache_dir data_service".split()
    + "log_every checkpoint_every samples_every gradient_norms_every profile_steps".split()
)

# What runs did that were begun before there was a flag for it.
BEFORE_FLAGS = {
    "photo_adapter": False,
    "view_framing": 0.0,
    "parameter_weight": 1.0,
    "batch_variance": 1.0,
}


def define_flags() -> None:
    """Defines the flags of the script; their defaults are those of configs/photos.cfg."""
    training_flags.define()


def main(arguments: list[str]) -> None:
    """Trains what the flags say."""
    if len(arguments) > 1:
        raise app.UsageError(f"unexpected argument {arguments[1]!r}; name photographs by --photos")
    training_flags.check_flags()
    command_line.import_tensorflow()
    if FLAGS.deterministic:
        import tensorflow as tf

        tf.config.experimental.enable_op_determinism()
    from model.training.strategies import make_strategy
    from model.training.workers import Workers

    options = training_flags.read_options()
    # Processes that train together must know of each other before anything is computed.
    strategy = make_strategy(options.strategy)
    workers = Workers(strategy)
    if workers.is_chief:
        command_line.show_progress("train", "model", "data_pipeline")
    with workers.clear_errors():
        _run(options, arguments[0], strategy, workers)


def _run(options, script, strategy, workers) -> None:
    from model.training import hyperparameters, run_folder
    from programs import decoder_training, gradient_shares
    from programs.training_parts import load_networks, prepare_parts
    from storage.lock import folder_lock

    if FLAGS.print_gradient_shares:
        gradient_shares.show(options, FLAGS.print_gradient_shares)
        return
    settings = flag_sets.settings(script)
    defaults = flag_sets.default_settings(script) | BEFORE_FLAGS
    # The chief alone writes in the folder.
    with folder_lock(options.run.folder) if workers.is_chief else contextlib.nullcontext():
        if workers.is_chief:
            resume = options.run.resume
            run_folder.check(options.run.folder, settings, resume, FREE_FLAGS, defaults)
        number = run_folder.number(settings, FREE_FLAGS)
        workers.check_alike(number, "was given other flags than the chief; give all the same")
        networks = load_networks(options)
        with workers.chief_first():
            parts = prepare_parts(options, *networks)
        if workers.is_chief:
            run_folder.write(options.run.folder, settings)
            hyperparameters.write(options.run.folder, settings)
        decoder_training.train(options, parts, strategy)


if __name__ == "__main__":
    command_line.run("train.py", main, define_flags)
