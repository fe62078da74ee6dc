"""The triplet loss and its mining, against loops over all triplets."""

import numpy as np
import pytest
import tensorflow as tf

import losses

RNG = np.random.default_rng(0)


def unit(*shape):
    x = RNG.normal(size=shape)
    return x / np.linalg.norm(x, axis=-1, keepdims=True)


def _reference(embedding, identity, margin):
    """FaceNet, section 3.2, pair by pair."""
    distance = ((embedding[:, None] - embedding) ** 2).sum(-1)
    terms = []
    for a in range(len(identity)):
        for p in range(len(identity)):
            if a == p or identity[a] != identity[p]:
                continue
            negatives = [n for n in range(len(identity)) if identity[n] != identity[a]]
            semi_hard = [distance[a, n] for n in negatives if distance[a, n] > distance[a, p]]
            chosen = min(semi_hard) if semi_hard else max(distance[a, n] for n in negatives)
            terms.append(max(0.0, distance[a, p] - chosen + margin))
    return np.array(terms)


@pytest.mark.parametrize("spread", [0.05, 0.5, 3.0])
def test_triplet_loss_reference(spread):
    identity = np.array([0, 1, 0, 2, 1, 0, 2, 3])
    people = unit(4, 5)
    embedding = people[identity] + spread * RNG.normal(size=(8, 5))
    embedding /= np.linalg.norm(embedding, axis=1, keepdims=True)
    loss = losses.triplet_loss(embedding, identity, 0.2)
    np.testing.assert_allclose(loss, _reference(embedding, identity, 0.2), atol=1e-12)


def test_without_a_farther_negative_the_farthest_counts():
    """An anchor whose positive is opposite: every negative is nearer."""
    angles = np.radians([0.0, 180.0, 30.0, 90.0])
    embedding = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    loss = losses.triplet_loss(embedding, np.array([0, 0, 1, 2]), 0.2)
    # From 0°, the positive is at 4 and the farthest negative, at 90°, at 2. From 180°, at 2 - 2
    # cos 150°.
    np.testing.assert_allclose(loss, [4 - 2 + 0.2, 4 - (2 + np.sqrt(3)) + 0.2], atol=1e-12)


def test_gradient_pulls_the_pair_and_pushes_the_negative():
    embedding = tf.constant(unit(6, 4))
    identity = np.array([0, 0, 1, 1, 2, 2])
    with tf.GradientTape() as tape:
        tape.watch(embedding)
        loss = tf.reduce_sum(losses.triplet_loss(embedding, identity, 0.2))
    gradient = tape.gradient(loss, embedding).numpy()
    for index in np.ndindex(6, 4):
        step = np.zeros((6, 4))
        step[index] = 1e-6
        # The loss takes distances of unit vectors, so the check moves off the sphere as it does.
        above = tf.reduce_sum(losses.triplet_loss(embedding + step, identity, 0.2))
        below = tf.reduce_sum(losses.triplet_loss(embedding - step, identity, 0.2))
        assert gradient[index] == pytest.approx(float(above - below) / 2e-6, abs=1e-6)


def test_gradient_is_finite_where_all_embeddings_coincide():
    embedding = tf.constant(np.repeat(unit(1, 4), 4, axis=0))
    with tf.GradientTape() as tape:
        tape.watch(embedding)
        loss = losses.triplet_loss(embedding, np.array([0, 0, 1, 1]))
    assert np.all(np.isfinite(tape.gradient(loss, embedding)))


def test_a_batch_of_one_person_has_no_loss():
    np.testing.assert_array_equal(losses.triplet_loss(unit(3, 4), np.zeros(3, int)), np.zeros(6))
