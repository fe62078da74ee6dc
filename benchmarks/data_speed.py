"""Speed of the data pipeline against what it consists of.

    python -m benchmarks.data_speed [synthetic] [step]

The first table gives synthetic images a second for each core: the dataset, and the bare decoding
and rendering of batches that are drawn already. The second gives the seconds of a training step in
stage 2 with the settings of configs/photos.cfg: on batches of the pipeline, whose features lie on
disk, and on one batch that is held in memory. All seconds are those of processors, not of the
clock, so that other processes do not count.
"""

import pathlib
import sys
import tempfile
import time

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
_ROWS, _STEPS = 1024, 8


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


def step_seconds(folder: pathlib.Path) -> tuple[float, float]:
    """Returns the processor seconds of a step on the pipeline, and on one batch in memory."""
    face_model, encoder = load_face_model(open_parts.FACE_MODEL), identity.load("openvino_ir")
    renderer = FaceRenderer(face_model, encoder.crop)
    write_features(folder, _ROWS)
    arrays = [
        VariantRows([folder / name / str(k) for k in range(2)], [_ROWS])
        for name in ("features", "embedding")
    ]
    generator = np.random.default_rng(0)
    sizes = (encoder.feature_size, face_model.shape_components, face_model.texture_components)
    pool = SyntheticPool(*(generator.standard_normal((2000, size), np.float32) for size in sizes))
    batches = training_batches(
        renderer=renderer,
        synthetic_batch=128,
        pool=pool,
        photos=PhotoFeatures(*arrays),
        photo_batch=8,
        moment_batch=512,
    )
    model = Regressor(Decoder(*sizes), encoder, renderer)
    model.compile(optimizer=tf_keras.optimizers.Adam(1e-4))
    step = model.make_train_function()
    held = iter(tf.data.Dataset.from_tensors(next(iter(batches))).repeat())
    stream = iter(batches)
    return cpu_seconds(lambda: step(stream), _STEPS), cpu_seconds(lambda: step(held), _STEPS)


def main() -> None:
    """Prints the tables that the arguments name, by default both."""
    chosen = sys.argv[1:] or ["synthetic", "step"]
    if "synthetic" in chosen:
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
    if "step" in chosen:
        with tempfile.TemporaryDirectory() as folder:
            stream, held = step_seconds(pathlib.Path(folder))
        print("\n| step on the pipeline | on a batch in memory | ratio |\n|---|---|---|")
        print(f"| {stream:.2f} s | {held:.2f} s | {stream / held:.3f} |")


if __name__ == "__main__":
    main()
