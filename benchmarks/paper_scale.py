"""A step at the scale of the paper, and what a training of the paper's kind would take.

    python -m benchmarks.paper_scale [--photos=N] [--synthetic=N] [--repeats=N]

The face model is a stand-in of the size of the Basel Face Model 2017 (53,149 vertices, 199 + 199
coefficients), and the network is FaceNet NN2 at 224 by 224 pixels. NN2's weights are random: the
run measures time and memory, and its faces mean nothing. A step renders three views of each
photograph's face with the gradient, renders the synthetic faces, and encodes all of them.

The last table is computed and not measured: hours and cost on GPUs, with the assumptions that the
command prints.
"""

import argparse
import dataclasses
import os
import pathlib
import resource
import tempfile
import time

import tensorflow as tf

import open_parts
from benchmarks.timing import median_seconds
from benchmarks.training_parts import Sizes, encoding, rendering, training_step
from model import identity
from model.face_models.bfm_hdf5 import write_bfm_hdf5
from model.face_models.load import load_face_model, read_face_model
from model.face_renderer import FaceRenderer
from model.loss_weights import LossWeights
from stand_ins.face_model import make_stand_in

_VIEWS = 3


@dataclasses.dataclass(frozen=True)
class Assumptions:
    """What is assumed of a training of the paper's kind on GPUs.

    Attributes:
      steps, photos, synthetic: steps of stage 2, and what one of them sees (configs/paper.cfg).
      network_flops: of NN2 for an image, forward; the gradient to the image costs as much again.
      gpu_flops: that a GPU delivers on convolutions of this kind, of the 67 to 495 TFLOP/s that
        an H100 is sold with (float32, TF32).
      dollars: for a GPU hour.
      cores: processor cores beside each GPU.
    """

    steps: int = 200_000
    photos: int = 32
    synthetic: int = 32
    network_flops: float = 3.2e9
    gpu_flops: float = 40e12
    dollars: float = 2.5
    cores: int = 16


def hours_table(assumed: Assumptions, core_ms_with: float, core_ms_without: float) -> list[str]:
    """Computes the hours of a training.

    Args:
      assumed: of the machine and of the training.
      core_ms_with, core_ms_without: milliseconds of one core that the renderer takes for an image
        with its gradient, and without.
    """
    views = assumed.photos * _VIEWS
    encode = (2 * views + assumed.synthetic) * assumed.network_flops / assumed.gpu_flops
    render = (views * core_ms_with + assumed.synthetic * core_ms_without) / 1000
    lines = ["| GPUs | GPU, ms a step | renderer, ms | hours | dollars | cores a GPU needs |"]
    lines.append("|---|---|---|---|---|---|")
    for gpus in (1, 8):
        gpu, cpu = encode / gpus, render / gpus / assumed.cores
        # Rendering waits for the decoder, and the encoder for it: the two follow each other.
        hours = assumed.steps * (gpu + cpu) / 3600
        cost, cores = hours * gpus * assumed.dollars, render / encode
        lines.append(
            f"| {gpus} | {1000 * gpu:.1f} | {1000 * cpu:.1f} | {hours:.1f} | {cost:.0f} "
            f"| {cores:.0f} |"
        )
    return lines


def load_renderer(path: pathlib.Path, encoder) -> FaceRenderer:
    """Writes the stand-in where it is not there, and loads it."""
    if not path.is_file():
        write_bfm_hdf5(path, make_stand_in(read_face_model(open_parts.FACE_MODEL), "stand-in"))
    return FaceRenderer(load_face_model(path), encoder.crop)


def main() -> None:
    """Prints the tables."""
    parser = argparse.ArgumentParser("python -m benchmarks.paper_scale", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--photos", type=int, default=4, help="photographs in a step (4)")
    parser.add_argument("--synthetic", type=int, default=4, help="synthetic faces in a step (4)")
    parser.add_argument("--repeats", type=int, default=3, help="calls of each (3)")
    default = pathlib.Path(tempfile.gettempdir(), "bfm_stand_in.h5")
    parser.add_argument("--face_model", type=pathlib.Path, default=default, help=f"({default})")
    parser.add_argument(
        "--processor_time",
        action="store_true",
        help="measure processor time, which other programs disturb less, instead of elapsed time",
    )
    options = parser.parse_args()
    encoder = identity.load("nn2", "random")
    renderer = load_renderer(options.face_model, encoder)
    print(
        f"NN2 at {encoder.image_size} pixels with RANDOM weights, "
        f"{renderer.face_model.n_vertices:,} vertices, {options.photos} photographs in {_VIEWS} "
        f"views and {options.synthetic} synthetic faces a step, {_cores()} cores\n"
    )
    clock = time.process_time if options.processor_time else time.perf_counter
    seconds = measure(renderer, encoder, options, clock)
    print("| what | s | images/s |\n|---|---|---|")
    for name, (time_of, images) in seconds.items():
        print(f"| {name} | {time_of:.2f} | {images / time_of:.1f} |")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"\nLargest resident size of the process: {peak:.1f} GiB\n")
    # Elapsed time on all cores is so much time of one; processor time is that already.
    cores = 1 if options.processor_time else _cores()
    rates = [1000 * cores * time_of / images for time_of, images in list(seconds.values())[1:3]]
    print(f"Computed, with {Assumptions()}; the renderer takes {rates[0]:.0f} ms of a core for an ")
    print(f"image with its gradient and {rates[1]:.0f} without:\n")
    print(*hours_table(Assumptions(), *rates), sep="\n")


def measure(renderer: FaceRenderer, encoder, options, clock) -> dict[str, tuple[float, int]]:
    """Times a step and its parts: seconds and images, by name."""
    sizes = Sizes(options.photos, _VIEWS, options.synthetic, moments=0)
    synthetic = Sizes(options.synthetic, 1, 0, 0)
    train = training_step(renderer, encoder, sizes, LossWeights())
    draw = rendering(renderer, synthetic, with_gradient=False)
    encode = tf.function(lambda x: encoder(x).features)
    images = tf.zeros([options.synthetic, encoder.image_size, encoder.image_size, 3])

    def step():
        # Synthetic faces are rendered and encoded in each step.
        draw(), encode(images), train()

    functions = {
        "step": (step, sizes.images + options.synthetic),
        "renderer, with gradient": (rendering(renderer, sizes), sizes.images),
        "renderer, without": (draw, options.synthetic),
        "NN2, with gradient": (encoding(encoder, sizes.images), sizes.images),
    }
    calls = [function for function, _ in functions.values()]
    times = median_seconds(*calls, repeats=options.repeats, clock=clock)
    pairs = zip(functions.items(), times, strict=True)
    return {name: (seconds, images) for (name, (_, images)), seconds in pairs}


def _cores() -> int:
    return len(os.sched_getaffinity(0))


if __name__ == "__main__":
    main()
