"""Speed of the data pipeline against what it consists of.

    python -m benchmarks.data_speed [synthetic] [step] [faces]

The first table gives synthetic images a second for each core: the dataset, and the bare decoding
and rendering of batches that are drawn already, by the seconds of processors. The second gives the
seconds of a training step in stage 2 with the settings of configs/photos.cfg: on batches of the
pipeline, whose features lie on disk, and on one batch that is held in memory. The third gives the
seconds of a step of each stage with faces from a pool and with faces that are rendered on the fly.
Both give seconds by the wall clock, which other processes disturb, and those of processors; the two
kinds of steps are done in turn, and medians are given.
"""

import functools
import pathlib
import statistics
import sys
import tempfile
import time
from collections.abc import Callable

import numpy as np
import tensorflow as tf
import tf_keras

import open_parts
from benchmarks.data_memory import write_features
from data_pipeline.batches import training_batches
from data_pipeline.photo_batches import PhotoFeatures
from data_pipeline.synthetic import draw_face, synthetic_faces
from data_pipeline.synthetic_pool import SyntheticPool
from data_pipeline.variant_rows import VariantRows
from model import identity
from model.decoder import Decoder
from model.face_models.load import load_face_model, read_face_model, to_morphable_model
from model.face_renderer import FaceRenderer
from model.identity.canonical_crops import FIVE_POINT_CROP
from model.morphable_model import MorphableModel
from model.regressor import Regressor
from model.scene import random_scene
from model.scene_ranges import SceneRanges
from stand_ins.face_model import make_stand_in

# So many batches that those which a dataset prepares ahead of time do not count.
_BATCH, _BATCHES = 16, 50
_ROWS = 1024
# Steps at a time, and how often.
_STEPS, _TURNS = 4, 8
_CLOCKS = {"wall": time.perf_counter, "processors": time.process_time}


def large_face_model() -> MorphableModel:
    """Makes a face model of the size of the Basel Face Model 2017: 53,149 vertices."""
    source = read_face_model(open_parts.FACE_MODEL)
    return to_morphable_model(make_stand_in(source, open_parts.FACE_MODEL.name, seed=0))


def cpu_seconds(function, repeats: int) -> float:
    """The processor seconds of a call, on average over `repeats` after four that do not count."""
    for _ in range(4):
        function()
    start = time.process_time()
    for _ in range(repeats):
        function()
    return (time.process_time() - start) / repeats


def synthetic_speed(face_model: MorphableModel, pixels: int) -> tuple[float, float]:
    """Returns the processor seconds of an image by the dataset, and by its bare parts."""
    renderer = FaceRenderer(face_model, FIVE_POINT_CROP.resized(pixels))
    drawn = tf.data.Dataset.range(_BATCH).map(
        lambda k: draw_face(0, k, face_model.shape_components, face_model.texture_components)
    )
    faces = next(iter(drawn.batch(_BATCH)))

    @tf.function
    def parts():
        scenes = random_scene(faces["scene_noise"], SceneRanges())
        return renderer(faces["shape"], faces["texture"], scenes)

    bare = cpu_seconds(parts, _BATCHES)
    batches = iter(synthetic_faces(renderer, _BATCH))
    return cpu_seconds(lambda: next(batches), _BATCHES) / _BATCH, bare / _BATCH


def in_turn(first: Callable, second: Callable, steps: int, turns: int) -> list[str]:
    """Times two functions in turn, after two calls of each.

    Returns:
      For each clock a row of a table: its name, the median seconds of a call of the first and of
      the second, and the median ratio of the two.
    """
    times = {name: ([], []) for name in _CLOCKS}
    for function in (first, second):
        function(), function()
    for _ in range(turns):
        for k, function in enumerate((first, second)):
            starts = {name: clock() for name, clock in _CLOCKS.items()}
            for _ in range(steps):
                function()
            for name, clock in _CLOCKS.items():
                times[name][k].append((clock() - starts[name]) / steps)
    rows = []
    for name, (ours, theirs) in times.items():
        ratio = statistics.median(a / b for a, b in zip(ours, theirs, strict=True))
        seconds = (statistics.median(ours), statistics.median(theirs))
        rows.append(f"{name} | {seconds[0]:.3f} s | {seconds[1]:.3f} s | {ratio:.3f}")
    return rows


class Training:
    """Training steps with the settings of configs/photos.cfg, on features in a folder."""

    def __init__(self, folder: pathlib.Path):
        """Writes the features, and makes everything else."""
        self._face_model = load_face_model(open_parts.FACE_MODEL)
        self._encoder = identity.load("openvino_ir")
        self._renderer = FaceRenderer(self._face_model, self._encoder.crop)
        write_features(folder, _ROWS)
        arrays = [
            VariantRows([folder / name / str(k) for k in range(2)], [_ROWS])
            for name in ("features", "embedding")
        ]
        self._photos = PhotoFeatures(*arrays)
        generator = np.random.default_rng(0)
        self._sizes = (
            self._encoder.feature_size,
            self._face_model.shape_components,
            self._face_model.texture_components,
        )
        self._pool = SyntheticPool(
            *(generator.standard_normal((2000, size), np.float32) for size in self._sizes)
        )

    def batches(self, with_photos: bool, pooled: bool) -> tf.data.Dataset:
        """The batches of a stage."""
        return training_batches(
            renderer=self._renderer,
            synthetic_batch=128,
            pool=self._pool if pooled else None,
            photos=self._photos if with_photos else None,
            photo_batch=8,
            moment_batch=512,
        )

    def step(self) -> Callable:
        """Makes a training step, a function of an iterator of batches."""
        model = Regressor(Decoder(*self._sizes), self._encoder, self._renderer)
        model.compile(optimizer=tf_keras.optimizers.Adam(1e-4))
        return model.make_train_function()


def print_step(training: Training) -> None:
    """Prints the seconds of a step on the pipeline and on a batch in memory."""
    step, batches = training.step(), training.batches(with_photos=True, pooled=True)
    held = iter(tf.data.Dataset.from_tensors(next(iter(batches))).repeat())
    stream = iter(batches)
    print("\n| clock | step on the pipeline | on a batch in memory | ratio |\n|---|---|---|---|")
    for row in in_turn(lambda: step(stream), lambda: step(held), _STEPS, _TURNS):
        print(f"| {row} |")


def print_faces(training: Training) -> None:
    """Prints the seconds of a step with faces that are rendered on the fly and from a pool."""
    print("\n| stage | clock | faces on the fly | from a pool | ratio |\n|---|---|---|---|---|")
    for stage, with_photos in ((1, False), (2, True)):
        steps = [training.step(), training.step()]
        streams = [iter(training.batches(with_photos, pooled)) for pooled in (False, True)]
        fly, pool = (functools.partial(*pair) for pair in zip(steps, streams, strict=True))
        for row in in_turn(fly, pool, 2, _TURNS):
            print(f"| {stage} | {row} |", flush=True)


def print_synthetic() -> None:
    """Prints synthetic images a second by the dataset and by its bare parts."""
    print("| vertices | pixels | images a second and core | bare parts | overhead |")
    print("|---|---|---|---|---|")
    for make, pixels in (
        (lambda: load_face_model(open_parts.FACE_MODEL), 128),
        (large_face_model, 224),
    ):
        face_model = make()
        dataset, bare = synthetic_speed(face_model, pixels)
        print(
            f"| {face_model.n_vertices:,} | {pixels} | {1 / dataset:.1f} | {1 / bare:.1f} | "
            f"{dataset / bare - 1:+.1%} |",
            flush=True,
        )


def main() -> None:
    """Prints the tables that the arguments name, by default all."""
    chosen = sys.argv[1:] or ["synthetic", "step", "faces"]
    if "synthetic" in chosen:
        print_synthetic()
    with tempfile.TemporaryDirectory() as folder:
        training = Training(pathlib.Path(folder)) if {"step", "faces"} & set(chosen) else None
        if "step" in chosen:
            print_step(training)
        if "faces" in chosen:
            print_faces(training)


if __name__ == "__main__":
    main()
