"""A step of stage 2 by train.py's defaults, against its encoder's convolutions alone.

    python -m benchmarks.training_step [--repeats=N] [--encoder_precision=bfloat16]

The convolutions are those of the embedded encoder, each called by itself with an input of its own,
forward and with the gradient with respect to this input: no step can take less. All are called in
turn, and a Markdown table gives the medians and the ratio to the convolutions.
"""

import argparse
import time
from collections.abc import Callable

import tensorflow as tf
import tf_keras
from absl import flags

import open_parts
from benchmarks.networks import convolutions
from benchmarks.timing import median_seconds
from benchmarks.training_parts import Sizes, encoding, rendering, training_step
from model import identity
from model.face_models.load import load_face_model
from model.face_renderer import FaceRenderer
from model.identity.frozen.precision import PRECISIONS
from programs import training_flags
from programs.training_options import Options


def default_options() -> Options:
    """Reads the defaults of `train.py`, which are those of configs/photos.cfg."""
    training_flags.define()
    flags.FLAGS(["train.py", "--output_dir=unused"])
    return training_flags.read_options()


def bare_convolutions(images: int) -> Callable[[], object]:
    """Returns a call of the encoder's convolutions, each with its gradient, from Python."""
    calls = []
    for layer, x in convolutions(open_parts.ENCODER, images):

        @tf.function
        def both(x, layer=layer):
            with tf.GradientTape() as tape:
                tape.watch(x)
                y = layer(x)
            return tape.gradient(y, x, output_gradients=y)

        calls.append((both.get_concrete_function(x), x))

    def run():
        for call, x in calls:
            call(x)

    return run


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser("python -m benchmarks.training_step", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--repeats", type=int, default=15, help="calls of each (15)")
    parser.add_argument("--encoder_precision", choices=PRECISIONS, default="float32")
    parser.add_argument(
        "--processor_time",
        action="store_true",
        help="measure processor time, which other programs disturb less, instead of elapsed time",
    )
    parser.add_argument(
        "--deterministic", action="store_true", help="use only deterministic operations"
    )
    options = parser.parse_args()
    if options.deterministic:
        tf.config.experimental.enable_op_determinism()
        tf_keras.utils.set_random_seed(0)
    training = default_options()
    batch = training.batch
    sizes = Sizes(batch.photos, batch.views, batch.synthetic, batch.moments)
    encoder = identity.load("openvino_ir", open_parts.ENCODER)
    used = encoder.computed_in(options.encoder_precision)
    renderer = FaceRenderer(load_face_model(open_parts.FACE_MODEL), encoder.crop)
    step = training_step(renderer, used, sizes, training.weights, training.gray_views)
    functions = {
        "the encoder's convolutions alone": bare_convolutions(sizes.images),
        "encoder, with gradient": encoding(used, sizes.images),
        "renderer, with gradient": rendering(renderer, sizes),
        "step of stage 2": step,
    }
    clock = time.process_time if options.processor_time else time.perf_counter
    times = median_seconds(*functions.values(), repeats=options.repeats, clock=clock)
    print("| what | ms | of the convolutions |\n|---|---|---|")
    for name, seconds in zip(functions, times, strict=True):
        print(f"| {name} | {1000 * seconds:.0f} | {seconds / times[0]:.2f} |")


if __name__ == "__main__":
    main()
