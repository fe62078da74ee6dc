"""The training step: terms, gradients, and one replica against two."""

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from model.decoder import Decoder
from model.face_models.load import load_face_model
from model.face_renderer import FaceRenderer
from model.gray_views import GrayViews
from model.loss_weights import LossWeights
from model.regressor import Regressor
from model.scene import draw_noise
from model.scene_ranges import SceneRanges
from tests.model.fake_identity import FakeIdentityNetwork
from tests.model.small_face_model import write_small_face_model

VIEWS = 2
WEIGHTS = LossWeights(
    shape=0.4,
    texture=0.3,
    identity=5.0,
    batch_distribution=1.0,
    loopback=0.07,
    weight_decay=1e-4,
)


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    path = write_small_face_model(tmp_path_factory.mktemp("model") / "model.h5")
    face_model, encoder = load_face_model(path), FakeIdentityNetwork()
    return face_model, encoder, FaceRenderer(face_model, encoder.crop)


def make_regressor(parts, weights=WEIGHTS, **options):
    tf_keras.utils.set_random_seed(3)
    _, encoder, renderer = parts
    decoder = Decoder(encoder.feature_size, 6, 6)
    return Regressor(decoder, encoder, renderer, weights, **options)


def two_replicas():
    # TensorFlow remembers the shapes of collective operations by their numbers for the life of a
    # process, and each strategy begins to count anew: strategies of other tests would be disturbed.
    one_device = tf.distribute.ReductionToOneDevice()
    return tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"], one_device)


def make_batch(photos=4, synthetic=6, moments=5, seed=0):
    rng = np.random.default_rng(seed)

    def normal(*shape):
        return rng.normal(size=shape).astype(np.float32)

    embedding = normal(photos, 8)
    batch = {"synthetic": {"features": normal(synthetic, 24)}}
    batch["synthetic"] |= {"shape": normal(synthetic, 6), "texture": normal(synthetic, 6)}
    batch["photos"] = {
        "features": normal(photos, 24),
        "embedding": embedding / np.linalg.norm(embedding, axis=-1, keepdims=True),
        "scene_noise": np.stack([draw_noise([seed, k], VIEWS) for k in range(photos)]),
    }
    if moments:
        batch["photos"]["moment_features"] = normal(moments, 24)
    return tf.nest.map_structure(tf.constant, batch)


def loss_and_gradients(regressor, batch):
    variables = regressor.decoder.trainable_variables
    with tf.GradientTape() as tape:
        total = tf.add_n(list(regressor.loss_terms(batch).values()))
    return total, tape.gradient(total, variables)


def test_only_the_decoder_is_trained(parts):
    regressor = make_regressor(parts)
    assert len(regressor.trainable_variables) == 6
    assert {id(v) for v in regressor.trainable_variables} == {
        id(v) for v in regressor.decoder.trainable_variables
    }


def test_stage_1_has_the_parameter_loss_alone(parts):
    regressor = make_regressor(parts, LossWeights())
    assert set(regressor.loss_terms({"synthetic": make_batch()["synthetic"]})) == {"parameter"}


def test_synthetic_faces_have_no_other_loss(parts):
    """Section 3.3: synthetic faces are subject only to the parameter loss."""
    regressor = make_regressor(parts)
    one, other = make_batch(), make_batch()
    other["synthetic"] = make_batch(seed=5)["synthetic"]
    terms, others = regressor.loss_terms(one), regressor.loss_terms(other)
    assert set(terms) == {
        "parameter",
        "identity",
        "batch_distribution",
        "loopback",
        "weight_decay",
    }
    for name in terms:
        same = np.allclose(terms[name], others[name], rtol=1e-6)
        assert same == (name != "parameter"), name


def test_zero_weights_leave_their_terms_out(parts):
    regressor = make_regressor(parts, LossWeights(loopback=0.0, batch_distribution=0.0))
    assert set(regressor.loss_terms(make_batch())) == {"parameter", "identity"}


def test_the_parameter_loss_is_weighted_in_stage_2_alone(parts):
    both, alone = make_batch(), {"synthetic": make_batch()["synthetic"]}
    once, thrice, never = (
        make_regressor(parts, LossWeights(parameter=weight)) for weight in (1.0, 3.0, 0.0)
    )
    expected = once.loss_terms(both)["parameter"].numpy()
    assert thrice.loss_terms(both)["parameter"].numpy() == pytest.approx(3 * expected, rel=1e-5)
    for regressor in (once, thrice, never):
        assert regressor.loss_terms(alone)["parameter"].numpy() == pytest.approx(expected, rel=1e-5)
    assert "parameter" not in never.loss_terms(both)


def test_every_term_reaches_the_decoder(parts):
    regressor = make_regressor(parts)
    variables = regressor.decoder.trainable_variables
    with tf.GradientTape(persistent=True) as tape:
        terms = regressor.loss_terms(make_batch())
    for name, term in terms.items():
        kernel_gradient = tape.gradient(term, variables[0])
        assert np.all(np.isfinite(kernel_gradient)) and np.any(kernel_gradient != 0), name


def test_images_give_what_their_cached_features_give(parts):
    _, encoder, _ = parts
    regressor = make_regressor(parts)
    images = tf.random.stateless_uniform([4, 32, 32, 3], [1, 2])
    encoded = encoder(images)
    cached, uncached = make_batch(), make_batch()
    cached["photos"] |= {"features": encoded.features, "embedding": encoded.embedding}
    del uncached["photos"]["features"], uncached["photos"]["embedding"]
    uncached["photos"]["images"] = images
    ours, theirs = (regressor.loss_terms(batch) for batch in (cached, uncached))
    for name in ours:
        np.testing.assert_allclose(ours[name], theirs[name], rtol=1e-5)


def test_paper_sum_is_the_mean_times_the_count(parts):
    batch = make_batch(photos=4, synthetic=6)
    means = make_regressor(parts).loss_terms(batch)
    sums = make_regressor(parts, loss_reduction="paper_sum").loss_terms(batch)
    np.testing.assert_allclose(sums["parameter"], 6 * means["parameter"], rtol=1e-5)
    np.testing.assert_allclose(sums["identity"], 4 * VIEWS * means["identity"], rtol=1e-5)
    np.testing.assert_allclose(sums["batch_distribution"], means["batch_distribution"], rtol=1e-5)


def test_gradient_through_renderer_and_encoder_is_numerically_right(parts):
    """The identity loss along the texture bias, which moves no silhouette."""
    # No gradient flows through the exposure that makes up for a dark face.
    ranges = SceneRanges(exposure_compensation=0.0)
    weights = LossWeights(identity=1.0, loopback=0, batch_distribution=0)
    regressor = make_regressor(parts, weights, scene_ranges=ranges)
    batch = {"photos": make_batch()["photos"]}
    bias = regressor.decoder.trainable_variables[-1]
    direction = np.concatenate([np.zeros(6), np.ones(6)]).astype(np.float32)
    _, gradients = loss_and_gradients(regressor, batch)
    start, step = bias.numpy(), 0.05

    def loss_at(offset):
        bias.assign(start + offset * direction)
        return float(regressor.loss_terms(batch)["identity"])

    numeric = (loss_at(step) - loss_at(-step)) / (2 * step)
    bias.assign(start)
    assert float(gradients[-1].numpy() @ direction) == pytest.approx(numeric, rel=0.03)


def test_colored_and_gray_views_together_have_the_mean_over_all_views(parts):
    """With one weight for both, the share of gray views changes what is seen and not how much."""
    weights = LossWeights(identity=5.0, gray_identity=5.0, loopback=0, batch_distribution=0)
    batch = {"photos": make_batch()["photos"]}
    regressor = make_regressor(parts, weights, gray_views=GrayViews(1))
    terms = regressor.loss_terms(batch)
    logged = regressor.test_step(batch)
    assert set(terms) == {"identity", "gray_identity"}
    mean = (float(logged["identity"]) + float(logged["gray_identity"])) / 2
    assert float(tf.add_n(list(terms.values()))) == pytest.approx(5.0 * mean, rel=1e-5)
    assert float(logged["weighted/gray_identity"]) == pytest.approx(float(terms["gray_identity"]))


def test_gray_identity_trains_shape_alone(parts):
    weights = LossWeights(identity=0, gray_identity=5.0, loopback=0, batch_distribution=0)
    regressor = make_regressor(parts, weights, gray_views=GrayViews(VIEWS))
    _, gradients = loss_and_gradients(regressor, {"photos": make_batch()["photos"]})
    shape, texture = np.split(gradients[-1].numpy(), 2)
    assert np.all(shape != 0) and np.all(texture == 0)


def test_the_loopback_loss_does_not_see_gray_views(parts):
    weights = LossWeights(identity=0, gray_identity=0, loopback=1, batch_distribution=0)
    batch = {"photos": make_batch()["photos"]}
    with_gray = make_regressor(parts, weights, gray_views=GrayViews(1)).loss_terms(batch)
    batch["photos"]["scene_noise"] = batch["photos"]["scene_noise"][:, :1]
    without = make_regressor(parts, weights).loss_terms(batch)
    assert float(with_gray["loopback"]) == pytest.approx(float(without["loopback"]), rel=1e-5)


def test_training_step_lowers_the_loss(parts):
    regressor = make_regressor(parts)
    regressor.compile(optimizer=tf_keras.optimizers.Adam(1e-3))
    dataset = tf.data.Dataset.from_tensors(make_batch()).repeat()
    history = regressor.fit(dataset, steps_per_epoch=5, epochs=4, verbose=0).history
    assert history["loss"][-1] < history["loss"][0]
    assert history["identity"][-1] < history["identity"][0]


# The batches split evenly, unevenly (7 as 4 + 3), and leave the second replica empty.
@pytest.mark.parametrize(
    "sizes, gray",
    [((4, 6, 6), 0), ((7, 5, 3), 1), ((1, 4, 4), 0), ((1, 1, 1), 1)],
    ids=["even", "uneven", "no photo on the second", "nothing on the second"],
)
def test_two_replicas_give_the_loss_and_gradient_of_one(parts, sizes, gray):
    photos, synthetic, moments = sizes
    batch = make_batch(photos, synthetic, moments)
    gray_views = GrayViews(gray)
    expected_loss, expected = loss_and_gradients(
        make_regressor(parts, gray_views=gray_views), batch
    )

    strategy = two_replicas()
    with strategy.scope():
        regressor = make_regressor(parts, gray_views=gray_views)

    def split(replica):
        def half(x):
            middle = -(-x.shape[0] // 2)
            return x[:middle] if replica == 0 else x[middle:]

        return tf.nest.map_structure(half, batch)

    @tf.function
    def run():
        values = [split(0), split(1)]

        def step():
            index = tf.distribute.get_replica_context().replica_id_in_sync_group
            local = tf.nest.map_structure(
                lambda a, b: tf.cond(tf.equal(index, 0), lambda: a, lambda: b), *values
            )
            return loss_and_gradients(regressor, local)

        return strategy.run(step)

    loss, gradients = run()
    total = strategy.reduce("SUM", loss, axis=None)
    np.testing.assert_allclose(total, expected_loss, rtol=1e-5)
    for ours, theirs in zip(gradients, expected, strict=True):
        ours = strategy.reduce("SUM", ours, axis=None).numpy()
        scale = np.abs(theirs.numpy()).max()
        np.testing.assert_allclose(ours, theirs, atol=1e-5 * scale)


def test_fit_on_two_replicas_ends_where_one_does(parts):
    def train(strategy):
        with strategy.scope():
            regressor = make_regressor(parts)
            regressor.compile(optimizer=tf_keras.optimizers.SGD(0.01))
        dataset = tf.data.Dataset.from_tensors(make_batch(7, 5, 6)).repeat()
        options = tf.data.Options()
        options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.OFF
        logs = regressor.fit(
            dataset.with_options(options), steps_per_epoch=3, epochs=1, verbose=0
        ).history
        return logs, [v.numpy() for v in regressor.decoder.trainable_variables]

    one_logs, one = train(tf.distribute.get_strategy())
    two_logs, two = train(two_replicas())
    for name in one_logs:
        np.testing.assert_allclose(one_logs[name], two_logs[name], rtol=1e-4, err_msg=name)
    for ours, theirs in zip(one, two, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-5)
