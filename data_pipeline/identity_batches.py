"""Batches of P identities with K images each, for the training of recognition networks.

Batch b of a run is a function of (seed, b), as everywhere: a resumed run sees what the
uninterrupted one saw.
"""

import dataclasses

import numpy as np
import tensorflow as tf

from data_pipeline.feature_cache import FeatureCache
from data_pipeline.random_streams import Stream, permuted, sample_seed
from data_pipeline.synthetic import draw_face
from model.crop import Crop
from model.face_renderer import FaceRenderer
from model.scene import random_scene
from model.scene_ranges import SceneRanges


def synthetic_identities(
    renderer: FaceRenderer,
    people: int,
    images: int,
    seed: int = 0,
    first_batch: int = 0,
    scene_ranges: SceneRanges = SceneRanges(),
) -> tf.data.Dataset:
    """Endless batches of faces of the face model, each rendered in several random scenes.

    Args:
      renderer: draws the faces.
      people: P, how many people are in a batch; every batch has new ones.
      images: K, in how many scenes each is drawn.
      seed: the run's seed.
      first_batch: the index of the first batch.
      scene_ranges: what scenes are drawn from.

    Returns:
      Batches {images float32 [P K, S, S, 3] in 0..1, identity int64 [P K]}.
    """
    model = renderer.face_model
    size = renderer.crop.image_size

    def draw(index):
        face = draw_face(seed, index, model.shape_components, model.texture_components, images)
        return face | {"identity": index}

    def render(faces):
        scenes = random_scene(faces["scene_noise"], scene_ranges)
        views = renderer(faces["shape"], faces["texture"], scenes)
        return {
            "images": tf.reshape(views, [people * images, size, size, 3]),
            "identity": tf.repeat(faces["identity"], images),
        }

    indices = tf.data.Dataset.range(first_batch * people, np.iinfo(np.int64).max)
    drawn = indices.map(draw).batch(people, drop_remainder=True)
    return drawn.map(render, num_parallel_calls=tf.data.AUTOTUNE).prefetch(tf.data.AUTOTUNE)


class CropsOnly:
    """Stands in for a recognition network, for a cache that holds crops and encodes nothing."""

    name = feature_spec = "none"

    def __init__(self, crop: Crop):
        """Takes the crop that photographs are cut by."""
        self.crop = crop
        self.image_size = crop.image_size
        self.fingerprint = f"crops only {crop}"


@dataclasses.dataclass(frozen=True)
class People:
    """The people of whom a cache holds several photographs.

    Attributes:
      names: the people's names.
      rows: for each person, the rows of the cache that show them.
    """

    names: tuple[str, ...]
    rows: tuple[np.ndarray, ...]

    @classmethod
    def of(cls, cache: FeatureCache) -> "People":
        """Gathers the people with at least two photographs, by name.

        Raises:
          ValueError: there is nobody.
        """
        by_name = {}
        for row, name in enumerate(cache.identities):
            if name is not None:
                by_name.setdefault(name, []).append(row)
        several = {name: rows for name, rows in sorted(by_name.items()) if len(rows) > 1}
        if not several:
            raise ValueError(
                f"{cache.path}: nobody has two usable photographs; a training needs a folder with "
                "a subfolder a person, several photographs in each"
            )
        return cls(tuple(several), tuple(np.array(rows) for rows in several.values()))

    def split(self, held_out: int, seed: int) -> tuple["People", "People"]:
        """Splits off `held_out` people, drawn with a seed; returns the others, and them.

        Raises:
          ValueError: fewer than two would be left to train on.
        """
        if not 4 <= held_out <= len(self.names) - 2:
            raise ValueError(
                f"{held_out} of {len(self.names)} people with several photographs cannot be held "
                "out; at least 4, and 2 must be left to train on"
            )
        order = np.random.default_rng(seed).permutation(len(self.names))
        return self._of(order[held_out:]), self._of(order[:held_out])

    def _of(self, chosen):
        chosen = sorted(chosen)
        return People(tuple(self.names[i] for i in chosen), tuple(self.rows[i] for i in chosen))


def photographed_identities(
    cache: FeatureCache,
    known: People,
    people: int,
    images: int,
    seed: int = 0,
    first_batch: int = 0,
) -> tf.data.Dataset:
    """Endless batches of photographs; each person's come in a new permutation each time around.

    Args:
      cache: holds the crops.
      known: the people to train on; at least `people` of them.
      people: P, how many people are in a batch.
      images: K, how many photographs of each are in a batch; of people with fewer, some are shown
        twice. Half of all are mirrored.
      seed: the run's seed.
      first_batch: the index of the first batch.

    Returns:
      Batches {images float32 [P K, S, S, 3] in 0..1, identity int64 [P K]}.
    """
    if people > len(known.names):
        raise ValueError(
            f"a batch of {people} people, but there are {len(known.names)} to train on; lower "
            "--identities"
        )
    size = cache.crops([0]).shape[1]
    rows = tf.ragged.constant(known.rows, dtype=tf.int64)

    def choose(index):
        """Chooses for image `index` of the run its row of the cache, its person, and its side."""
        turn = index // images
        person = permuted(turn, len(known.names), seed, Stream.PERSON)
        own = rows[person]
        count = tf.size(own, tf.int64)
        # The person's next images, however often the person was shown before.
        shown = turn // len(known.names) * images + index % images
        epoch_seed = sample_seed(seed, person * 1_000_003 + shown // count, Stream.PHOTO_OF_PERSON)
        photo = tf.random.experimental.index_shuffle(shown % count, epoch_seed, count - 1)
        mirrored = tf.random.stateless_uniform([], sample_seed(seed, index, Stream.MIRROR)) < 0.5
        return own[photo], person, mirrored

    def read(rows, people_of, mirrored):
        crops = tf.numpy_function(cache.crops, [rows], tf.uint8)
        crops = tf.ensure_shape(crops, [people * images, size, size, 3])
        pixels = tf.cast(crops, tf.float32) / 255.0
        turned = tf.where(mirrored[:, None, None, None], pixels[:, :, ::-1], pixels)
        return {"images": turned, "identity": people_of}

    first = first_batch * people * images
    indices = tf.data.Dataset.range(first, np.iinfo(np.int64).max)
    chosen = indices.map(choose).batch(people * images, drop_remainder=True)
    return chosen.map(read, num_parallel_calls=2).prefetch(tf.data.AUTOTUNE)
