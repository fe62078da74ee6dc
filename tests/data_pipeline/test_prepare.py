"""Preparing photographs: what is cached, what is rejected, and what a kill leaves."""

import dataclasses
import multiprocessing
import os
import pathlib
import shutil
import signal
import subprocess
import sys

import cv2
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

import open_parts
from data_pipeline import crop_variants, shard_work
from data_pipeline.cache_key import CacheKey
from data_pipeline.detection import AlignedFaces, LandmarkFile
from data_pipeline.face_cutting import cut_face
from data_pipeline.feature_cache import VARIANTS, FeatureCache, summary
from data_pipeline.photo_preparation import prepare_photographs
from data_pipeline.photographs import Photograph, list_photographs, read_image
from data_pipeline.video_frames import list_frames
from model import identity
from model.alignment import mirror_points, warp_photograph
from model.crop import Crop
from model.identity.network import IdentityFeatures

CROP = Crop(16, (0, 1, 2, 3, 4), ((5.0, 5.0), (10.0, 5.0), (8.0, 8.0), (5.0, 11.0), (10.5, 11.0)))


class TinyEncoder:
    """Colors of the four quarters of a crop as features, their mean as the embedding."""

    name, feature_spec, fingerprint = "tiny", "penultimate", "tiny 1"
    crop, image_size, feature_size, embedding_size = CROP, 16, 12, 3

    def __init__(self):
        self.images_seen = 0

    def __call__(self, images):
        self.images_seen += len(images)
        quarters = tf.nn.avg_pool2d(tf.convert_to_tensor(images), 8, 8, "VALID")
        return IdentityFeatures(
            tf.reshape(quarters, [-1, 12]),
            tf.math.l2_normalize(tf.reduce_mean(quarters, [1, 2]), axis=-1),
        )


class CountingLandmarks(LandmarkFile):
    """Landmarks that count their calls, and pull the plug at one of them."""

    def __init__(self, stop_at=None):
        super().__init__(open_parts.LANDMARKS)
        self.calls, self.stop_at = 0, stop_at

    def __call__(self, image, name=""):
        self.calls += 1
        if self.calls == self.stop_at:
            raise KeyboardInterrupt
        return super().__call__(image, name)


def _listing(count=10):
    listing = list_photographs(open_parts.PHOTOS)
    return dataclasses.replace(listing, photographs=listing.photographs[:count])


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The cache of ten carried photographs, made without interruption."""
    output = tmp_path_factory.mktemp("whole") / "features"
    return prepare_photographs(_listing(), TinyEncoder(), CountingLandmarks(), output, shard_size=2)


def test_arrays_are_the_networks_features(whole):
    photographs = _listing().photographs
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
    photo, landmarks = _listing(1).photographs[0], CountingLandmarks()
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
    photo = _listing(1).photographs[0]
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


def test_second_call_opens_the_cache(whole):
    encoder, landmarks = TinyEncoder(), CountingLandmarks()
    again = prepare_photographs(_listing(), encoder, landmarks, whole.path)
    assert (encoder.images_seen, landmarks.calls) == (0, 0)
    np.testing.assert_array_equal(again.features, whole.features)


def test_shard_size_does_not_matter(whole, tmp_path):
    other = prepare_photographs(
        _listing(), TinyEncoder(), CountingLandmarks(), tmp_path / "x", shard_size=4
    )
    # TensorFlow's sums depend on the shape of the batch in the last bit.
    _assert_equal(other, whole, tolerance=1e-6)


def test_a_large_shard_is_made_in_portions(whole, tmp_path, monkeypatch):
    monkeypatch.setattr(shard_work, "_PORTION", 4)
    landmarks, seen = CountingLandmarks(), []
    for variants in (["plain"], VARIANTS):
        encoder = TinyEncoder()
        other = prepare_photographs(_listing(), encoder, landmarks, tmp_path / "x", variants)
        seen.append(encoder.images_seen)
    assert seen == [10, 70] and landmarks.calls == 10
    _assert_equal(other, whole, tolerance=1e-6)


def _assert_equal(a, b, tolerance=0.0):
    assert (a.names, a.identities, a.rejected, a.key) == (b.names, b.identities, b.rejected, b.key)
    for name in ("features", "embedding", "points"):
        np.testing.assert_allclose(getattr(a, name), getattr(b, name), rtol=tolerance)
    np.testing.assert_array_equal(a.crops(range(len(a))), b.crops(range(len(b))))


def test_continues_after_a_kill(whole, tmp_path):
    output = tmp_path / "sub" / "features"
    with pytest.raises(KeyboardInterrupt):
        prepare_photographs(_listing(), TinyEncoder(), CountingLandmarks(6), output, shard_size=2)
    assert not output.exists()
    # What a kill in the middle of a write leaves, and a shard that a full disk cut short.
    partial = output.with_name("features.partial")
    (partial / "features/plain/000002.npy.123.partial").write_bytes(b"half")
    shard = partial / "photographs/000001.npz"
    shard.write_bytes(shard.read_bytes()[:-100])

    landmarks = CountingLandmarks()
    resumed = prepare_photographs(_listing(), TinyEncoder(), landmarks, output, shard_size=2)
    assert landmarks.calls == 8
    assert not partial.exists()
    _assert_equal(resumed, whole)


def test_what_another_run_left_is_not_mixed_in(whole, tmp_path):
    output = tmp_path / "features"
    other = TinyEncoder()
    other.fingerprint = "tiny 2"
    for encoder, shard_size in ((other, 2), (TinyEncoder(), 3)):
        with pytest.raises(KeyboardInterrupt):
            landmarks = CountingLandmarks(9)
            prepare_photographs(_listing(), encoder, landmarks, output, shard_size=shard_size)
    landmarks = CountingLandmarks()
    made = prepare_photographs(_listing(), TinyEncoder(), landmarks, output, shard_size=2)
    assert landmarks.calls == 10
    _assert_equal(made, whole)


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


def test_foreign_folder_is_left_alone(tmp_path):
    (tmp_path / "features.partial").mkdir()
    (tmp_path / "features.partial" / "thesis.txt").write_text("mine")
    with pytest.raises(ValueError, match="not a partial cache"):
        prepare_photographs(_listing(1), TinyEncoder(), CountingLandmarks(), tmp_path / "features")
    assert (tmp_path / "features.partial" / "thesis.txt").read_text() == "mine"


def _mixed_folder(folder):
    """Two good photographs of two people, and four that cannot be used."""
    good = _listing(2).photographs
    for identity_name, photo in zip(("Ann", "Bo"), good, strict=True):
        (folder / identity_name).mkdir()
        (folder / identity_name / "1.jpg").write_bytes(photo.path.read_bytes())
    (folder / "broken.jpg").write_bytes(good[0].path.read_bytes()[:2000])
    (folder / "text.png").write_text("not an image")
    Image.new("RGB", (64, 64)).save(folder / "blank.png")
    Image.new("RGB", (64, 64)).save(folder / "flat.png")
    points = folder / "points.csv"
    rows = open_parts.LANDMARKS.read_text().splitlines()
    values = {row.split(",")[0]: row.split(",")[2:] for row in rows[1:]}
    lines = [",".join(["file", *rows[0].split(",")[2:]])]
    for name, photo in (("Ann/1.jpg", good[0]), ("Bo/1.jpg", good[1])):
        lines.append(",".join([name, *values[photo.name]]))
    lines.append(",".join(["flat.png", *["5"] * 10]))
    points.write_text("\n".join(lines) + "\n")
    return points


def test_bad_files_are_listed_and_the_others_go_on(tmp_path):
    photos = tmp_path / "photos"
    photos.mkdir()
    landmarks = LandmarkFile(_mixed_folder(photos))
    listing = dataclasses.replace(list_photographs(photos), missing=("gone.jpg",))
    cache = prepare_photographs(listing, TinyEncoder(), landmarks, tmp_path / "x", shard_size=2)
    assert cache.names == ("Ann/1.jpg", "Bo/1.jpg")
    assert cache.identities == ("Ann", "Bo")
    reasons = {rejection.name: rejection.reason for rejection in cache.rejected}
    assert set(reasons) == {"broken.jpg", "text.png", "blank.png", "flat.png", "gone.jpg"}
    assert "truncated" in reasons["broken.jpg"]
    assert "not a readable image" in reasons["text.png"]
    assert reasons["blank.png"] == landmarks.no_face
    assert "do not span a face" in reasons["flat.png"]
    assert reasons["gone.jpg"] == "listed but missing on disk"
    assert not any(str(tmp_path) in reason for reason in reasons.values())
    assert "2  not a readable image: broken.jpg, text.png" in summary(cache.rejected)


def test_face_outside_the_box_of_the_listing_is_rejected():
    photo = dataclasses.replace(_listing(1).photographs[0], box=(0.0, 0.0, 10.0, 10.0))
    with pytest.raises(ValueError, match="no face in the box"):
        cut_face(photo, CountingLandmarks(), CROP)


def test_no_usable_photograph_is_an_error(tmp_path):
    (tmp_path / "a.jpg").write_text("no")
    with pytest.raises(ValueError, match="none of 1 photographs can be used"):
        prepare_photographs(
            list_photographs(tmp_path), TinyEncoder(), CountingLandmarks(), tmp_path / "x"
        )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.jpg"]


def test_names_of_any_bytes_are_kept(tmp_path):
    names = ["Zoë 1.jpg", "b\udcff.jpg"]
    for name in names:
        (tmp_path / name).write_bytes(_listing(1).photographs[0].path.read_bytes())
    (face,) = CountingLandmarks()(None, _listing(1).photographs[0].name)

    class Fixed:
        spec, no_face = "fixed", "none"

        def __call__(self, image, name):
            return [face]

    listing = list_photographs(tmp_path)
    cache = prepare_photographs(listing, TinyEncoder(), Fixed(), tmp_path / "x")
    assert list(cache.names) == names


@pytest.mark.parametrize(
    "field, change",
    [
        ("encoder", lambda e, d, folder: setattr(e, "fingerprint", "tiny 2")),
        ("detector", lambda e, d, folder: setattr(d, "spec", "another")),
        ("crop", lambda e, d, folder: setattr(e, "crop", CROP.resized(8))),
        ("photographs", lambda e, d, folder: (folder / "a.jpg").write_bytes(b"changed")),
    ],
)
def test_key_follows_what_the_features_depend_on(tmp_path, field, change):
    (tmp_path / "a.jpg").write_bytes(b"content")
    encoder, detector = TinyEncoder(), CountingLandmarks()
    before = CacheKey.of(list_photographs(tmp_path), encoder, detector)
    assert before == CacheKey.of(list_photographs(tmp_path), encoder, detector)
    change(encoder, detector, tmp_path)
    after = CacheKey.of(list_photographs(tmp_path), encoder, detector)
    assert after.difference(before).startswith(f"{field} is ")


def test_open_checks_the_key(whole):
    other = dataclasses.replace(whole.key, detector="landmarks of someone")
    with pytest.raises(ValueError, match="detector is .*, not landmarks of someone"):
        FeatureCache.open(whole.path, other)


def _no_folder(path):
    shutil.rmtree(path)
    path.write_bytes(b"nothing")


def _no_description(path):
    (path / "set.json").unlink()


def _other_description(path):
    (path / "set.json").write_text('{"format": "holidays"}')


def _other_key(path):
    text = (path / "set.json").read_text()
    (path / "set.json").write_text(text.replace('"detector"', '"camera"'))


@pytest.mark.parametrize(
    "damage, complaint",
    [
        (_no_folder, "HDF5 files of earlier versions are not read"),
        (_no_description, "there is no set.json"),
        (_other_description, "its format is 'holidays'"),
        (_other_key, "its key has the fields"),
    ],
)
def test_other_files_are_an_error(whole, tmp_path, damage, complaint):
    path = tmp_path / "x"
    shutil.copytree(whole.path, path)
    damage(path)
    with pytest.raises(ValueError, match=complaint):
        FeatureCache.open(path)
    with pytest.raises(FileNotFoundError, match="no such cache"):
        FeatureCache.open(tmp_path / "none")


@pytest.mark.parametrize("file", ["features/plain/000002.npy", "crops/000002.array_record"])
def test_a_shard_that_was_cut_short_is_an_error(whole, tmp_path, file):
    path = tmp_path / "x"
    shutil.copytree(whole.path, path)
    (path / file).write_bytes((path / file).read_bytes()[:-64])
    cache = FeatureCache.open(path)
    with pytest.raises(OSError, match="000002.*again"):
        cache.features[[0, 5], 0], cache.crops([0, 5])


def test_output_of_another_key_is_made_again(whole, tmp_path):
    output = tmp_path / "x"
    encoder, landmarks = TinyEncoder(), CountingLandmarks()
    prepare_photographs(_listing(3), encoder, landmarks, output)
    _assert_equal(prepare_photographs(_listing(), encoder, landmarks, output, shard_size=2), whole)


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_output_that_is_no_cache_is_left_alone(tmp_path, kind):
    output = tmp_path / "thesis"
    mine = output if kind == "file" else output / "chapter.txt"
    mine.parent.mkdir(exist_ok=True)
    mine.write_bytes(b"mine")
    with pytest.raises(ValueError, match="not a cache of features"):
        prepare_photographs(_listing(1), TinyEncoder(), CountingLandmarks(), output)
    assert mine.read_bytes() == b"mine"


def test_only_the_asked_for_variants_are_made_and_more_can_be_added(whole, tmp_path):
    output, landmarks = tmp_path / "x", CountingLandmarks()
    encoder = TinyEncoder()

    def prepare(*variants):
        return prepare_photographs(_listing(), encoder, landmarks, output, variants, shard_size=4)

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


def test_adding_variants_goes_on_after_a_kill(whole, tmp_path, monkeypatch):
    output, landmarks = tmp_path / "x", CountingLandmarks()
    encoder = TinyEncoder()
    prepare_photographs(_listing(), encoder, landmarks, output, ["plain"], shard_size=2)
    seen = encoder.images_seen
    reads = []

    def read(photo):
        reads.append(photo.name)
        if len(reads) == 6:
            raise KeyboardInterrupt
        return read_image(photo.path)

    monkeypatch.setattr(Photograph, "read", read)
    with pytest.raises(KeyboardInterrupt):
        prepare_photographs(_listing(), encoder, landmarks, output, ["mirrored"])
    assert FeatureCache.open(output).variants == ("plain",), "what was there is still whole"
    cache = prepare_photographs(_listing(), encoder, landmarks, output, ["mirrored"])
    assert encoder.images_seen == seen + 10 and len(reads) == 6 + 6
    mirrored = whole.encoded("features", ["mirrored"])
    np.testing.assert_allclose(cache.encoded("features", ["mirrored"]), mirrored, rtol=1e-6)


def test_command_with_the_carried_encoder(tmp_path):
    """The whole way as a user goes it; the crop is close to the network's own golden crop."""
    with np.load(open_parts.ENCODER_GOLDENS, allow_pickle=False) as goldens:
        name, golden = str(goldens["photo"][0]), goldens["embedding"][0]
    (tmp_path / "Someone").mkdir()
    (tmp_path / "Someone" / "1.jpg").write_bytes((open_parts.PHOTOS / name).read_bytes())
    (tmp_path / "text.jpg").write_text("not an image")
    output = tmp_path / "features"
    command = [sys.executable, "-m", "data_pipeline.prepare"]
    run = subprocess.run(
        [*command, f"--photos={tmp_path}", f"--output={output}"],
        cwd=pathlib.Path(open_parts.FOLDER).parent,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "accepted: 1, of 1 people" in run.stdout
    assert "rejected: 1 " in run.stdout and "text.jpg" in run.stdout
    cache = FeatureCache.open(output)
    encoder = identity.load("openvino_ir", features="penultimate,pooled:557")
    assert cache.features.shape == (1, 8, encoder.feature_size)
    assert cache.identities == ("Someone",)
    assert cache.key.encoder == encoder.fingerprint
    assert cache.embedding[0, 0] @ golden / np.linalg.norm(golden) > 0.95


def test_sets_are_no_photographs(whole, tmp_path):
    for photo in _listing(2).photographs:
        shutil.copy(photo.path, tmp_path)
    shutil.copytree(whole.path, tmp_path / "set")
    Image.new("RGB", (64, 64)).save(tmp_path / "set" / "sheet.jpg")
    assert len(list_photographs(tmp_path).photographs) == 2
    with pytest.raises(ValueError, match="is a set that was prepared"):
        list_photographs(tmp_path / "set")


def test_a_kill_while_a_set_takes_the_place_of_another(whole, tmp_path, monkeypatch):
    output = tmp_path / "x"
    shutil.copytree(whole.path, output)
    replace, calls = os.replace, []

    def replace_or_die(source, target):
        if str(target) == str(output):
            calls.append(source)
            raise KeyboardInterrupt
        replace(source, target)

    landmarks = CountingLandmarks()
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(os, "replace", replace_or_die)
        prepare_photographs(_listing(3), TinyEncoder(), landmarks, output)
    assert calls and not output.exists() and landmarks.calls == 3
    cache = prepare_photographs(_listing(3), TinyEncoder(), landmarks, output)
    assert len(cache) == 3 and landmarks.calls == 3, "what was made is used"
    assert [path.name for path in tmp_path.iterdir()] == ["x"]
    assert not (output / "key.txt").exists()


def _prepare_and_die(output, moment):
    """Prepares ten photographs in this process, which is killed at its `moment`-th new file.

    Each file appears by being renamed: between two of these moments nothing changes on disk but
    files that are being written. At an odd moment the kill comes after the renaming, else before.
    """
    replace, renamed = os.replace, 0

    def replace_or_die(source, target):
        nonlocal renamed
        renamed += 1
        if moment % 2:
            replace(source, target)
        if renamed == moment // 2:
            os.kill(os.getpid(), signal.SIGKILL)
        if not moment % 2:
            replace(source, target)

    os.replace = replace_or_die
    prepare_photographs(_listing(), TinyEncoder(), CountingLandmarks(), output, shard_size=2)


def test_kills_at_any_moment_cost_at_most_a_shard_and_double_none(whole, tmp_path):
    context = multiprocessing.get_context("forkserver")
    output, partial = tmp_path / "x", tmp_path / "x.partial"
    made = {}
    # The first file of a run is the key; a shard has 19, of which the last one makes it count.
    for moment in (2, 9, 40, 41, 79, 16):
        process = context.Process(target=_prepare_and_die, args=(output, moment))
        process.start()
        process.join()
        assert process.exitcode == -signal.SIGKILL and not output.exists()
        now = {path: path.stat().st_mtime_ns for path in partial.glob("photographs/*.npz")}
        assert set(made) <= set(now) and all(now[path] == made[path] for path in made)
        made = now
    assert len(made) == 3
    landmarks = CountingLandmarks()
    resumed = prepare_photographs(_listing(), TinyEncoder(), landmarks, output, shard_size=2)
    assert landmarks.calls == 4, "only shards that were not made are made"
    _assert_equal(resumed, whole, tolerance=1e-6)
    assert not list(output.rglob("*.partial"))
