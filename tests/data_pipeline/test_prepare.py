"""What is made of photographs: arrays, crops and variants, from any source."""

import cv2
import numpy as np
import pytest
from PIL import Image

from data_pipeline import crop_variants, shard_work
from data_pipeline.detection import AlignedFaces
from data_pipeline.face_cutting import cut_face
from data_pipeline.feature_cache import VARIANTS, FeatureCache
from data_pipeline.photo_preparation import prepare_photographs
from data_pipeline.photographs import list_photographs, read_image
from data_pipeline.video_frames import list_frames
from model.alignment import mirror_points, warp_photograph
from tests.data_pipeline.tiny_preparation import (
    CROP,
    CountingLandmarks,
    TinyEncoder,
    assert_equal,
    listing_of,
)


def test_arrays_are_the_networks_features(whole):
    photographs = listing_of().photographs
    assert whole.names == tuple(photo.name for photo in photographs)
    assert whole.identities == (None,) * 10
    assert whole.rejected == ()
    assert len(whole) == 10
    count = len(VARIANTS)
    assert whole.features.shape == (10, count, 12) and whole.features.dtype == np.float32
    assert whole.embedding.shape == (10, count, 3) and whole.embedding.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(whole.embedding, axis=-1), 1.0, rtol=1e-6)
    image = read_image(photographs[3].path)
    (face,) = CountingLandmarks()(None, photographs[3].name)
    np.testing.assert_array_equal(whole.points[3], face.points)
    crop = warp_photograph(image, face.points, CROP)
    np.testing.assert_array_equal(whole.crops([3, 0])[0], crop)
    features = TinyEncoder()(crop[None].astype(np.float32) / 255).features[0]
    np.testing.assert_allclose(whole.features[3, 0], features, rtol=1e-6)


def test_mirrored_variant_is_the_mirrored_photograph():
    photo, landmarks = listing_of(1).photographs[0], CountingLandmarks()
    crops, points = cut_face(photo, landmarks, CROP)
    mirror = read_image(photo.path)[:, ::-1].copy()
    expected = warp_photograph(mirror, mirror_points(points, mirror.shape[1]), CROP)
    np.testing.assert_array_equal(crops[1], expected)
    # The canonical points of this crop are not symmetric, so mirroring the crop would be wrong.
    assert not np.array_equal(crops[1], crops[0][:, ::-1])


def test_other_crops_show_the_face_closer_and_farther():
    closer, farther = crop_variants.cropped(CROP)[1:3]
    assert np.ptp(closer.canonical_points()[:2, 0]) > np.ptp(CROP.canonical_points()[:2, 0])
    assert np.ptp(farther.canonical_points()[:2, 0]) < np.ptp(CROP.canonical_points()[:2, 0])
    photo = listing_of(1).photographs[0]
    crops, points = cut_face(photo, CountingLandmarks(), CROP)
    expected = warp_photograph(read_image(photo.path), points, closer)
    index = crop_variants.VARIANTS.index(("plain", "closer"))
    np.testing.assert_array_equal(crops[index], expected)


def test_names_of_variants_in_keys_stay():
    """Caches that were made before are still good."""
    assert (
        *("plain", "mirrored", "plain closer", "mirrored closer"),
        *("plain farther", "mirrored farther", "plain shifted", "mirrored shifted"),
    ) == VARIANTS


def test_shard_size_does_not_matter(whole, tmp_path):
    other = prepare_photographs(
        listing_of(), TinyEncoder(), CountingLandmarks(), tmp_path / "x", shard_size=4
    )
    # TensorFlow's sums depend on the shape of the batch in the last bit.
    assert_equal(other, whole, tolerance=1e-6)


def test_a_large_shard_is_made_in_portions(whole, tmp_path, monkeypatch):
    monkeypatch.setattr(shard_work, "_PORTION", 4)
    landmarks, seen = CountingLandmarks(), []
    for variants in (["plain"], VARIANTS):
        encoder = TinyEncoder()
        other = prepare_photographs(listing_of(), encoder, landmarks, tmp_path / "x", variants)
        seen.append(encoder.images_seen)
    assert seen == [10, 70] and landmarks.calls == 10
    assert_equal(other, whole, tolerance=1e-6)


def test_aligned_crops_and_videos_are_sources(tmp_path):
    levels = np.arange(6, dtype=np.uint8) * 40
    video = cv2.VideoWriter(str(tmp_path / "v.avi"), cv2.VideoWriter_fourcc(*"MJPG"), 10, (48, 48))
    for level in levels:
        video.write(np.full([48, 48, 3], level, np.uint8))
    video.release()
    image = np.random.default_rng(0).integers(0, 256, (16, 16, 3), np.uint8)
    Image.fromarray(image).save(tmp_path / "crop.png")
    listing = list_photographs(tmp_path, frames=list_frames(tmp_path, 2))
    cache = prepare_photographs(listing, TinyEncoder(), AlignedFaces(CROP), tmp_path / "x")
    assert cache.names == ("crop.png", *(f"v.avi#{k:06d}" for k in (0, 2, 4)))
    crops = cache.crops(range(4)).astype(int)
    assert np.abs(crops[0] - image).max() <= 1
    np.testing.assert_allclose(crops[1:].mean(axis=(1, 2, 3)), levels[::2], atol=3)


def test_names_of_any_bytes_are_kept(tmp_path):
    names = ["Zoë 1.jpg", "b\udcff.jpg"]
    for name in names:
        (tmp_path / name).write_bytes(listing_of(1).photographs[0].path.read_bytes())
    (face,) = CountingLandmarks()(None, listing_of(1).photographs[0].name)

    class Fixed:
        spec, no_face = "fixed", "none"

        def __call__(self, image, name):
            return [face]

    listing = list_photographs(tmp_path)
    cache = prepare_photographs(listing, TinyEncoder(), Fixed(), tmp_path / "x")
    assert list(cache.names) == names


def test_only_the_asked_for_variants_are_made_and_more_can_be_added(whole, tmp_path):
    output, landmarks = tmp_path / "x", CountingLandmarks()
    encoder = TinyEncoder()

    def prepare(*variants):
        return prepare_photographs(listing_of(), encoder, landmarks, output, variants, shard_size=4)

    crops_only = prepare()
    assert crops_only.variants == () and encoder.images_seen == 0
    np.testing.assert_array_equal(crops_only.crops(range(10)), whole.crops(range(10)))
    assert prepare("plain").variants == ("plain",) and encoder.images_seen == 10
    more = prepare("mirrored", "plain farther")
    assert more.variants == FeatureCache.open(output).variants
    assert more.variants == ("plain", "mirrored", "plain farther") and encoder.images_seen == 30
    assert landmarks.calls == 10, "the faces are not looked for again"
    for variant in more.variants:
        ours, theirs = (cache.encoded("features", [variant]) for cache in (more, whole))
        np.testing.assert_allclose(ours, theirs, rtol=1e-6)
    with pytest.raises(ValueError, match="not encoded in plain shifted"):
        more.encoded("features", ["plain shifted"])
