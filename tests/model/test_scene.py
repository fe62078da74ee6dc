"""Scenes: ranges, conventions, and that noise alone decides."""

import numpy as np
import pytest
import tensorflow as tf

from model import scene
from model.scene_ranges import SceneRanges

RANGES = SceneRanges()


@pytest.fixture(scope="module")
def scenes():
    noise = tf.stack([scene.draw_noise([7, k], views=3) for k in range(300)])
    return scene.random_scene(noise, RANGES)


def test_fields_have_the_leading_dimensions_of_the_noise(scenes):
    assert scenes.rotation.shape == (300, 3, 3, 3)
    assert scenes.light_intensities.shape == (300, 3, scene.N_LIGHTS, 3)
    assert scenes.background.shape == (300, 3, 4, 3)


def test_a_scene_does_not_depend_on_its_batch(scenes):
    alone = scene.random_scene(scene.draw_noise([7, 41], views=3), RANGES)
    for ours, theirs in zip(alone, scenes, strict=True):
        # Vectorized sines differ in the last bit with their place in the vector.
        np.testing.assert_allclose(ours, theirs[41], rtol=1e-6, atol=1e-6)


def test_framing_fills_its_range_and_changes_nothing_else(scenes):
    np.testing.assert_array_equal(scenes.framing, np.broadcast_to([1.0, 0, 0], [300, 3, 3]))
    noise = tf.stack([scene.draw_noise([7, k], views=3) for k in range(300)])
    framed = scene.random_scene(noise, SceneRanges(framing=0.05))
    change = framed.framing - scenes.framing
    for part in np.moveaxis(change.numpy(), -1, 0):
        assert -0.05 <= part.min() < -0.045 and 0.045 < part.max() <= 0.05
    for ours, theirs in zip(framed[:-1], scenes[:-1], strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_poses_and_cameras_fill_their_ranges(scenes):
    nose = scenes.rotation[..., 2].numpy()
    yaw = np.degrees(np.arctan2(nose[..., 0], np.hypot(nose[..., 1], nose[..., 2])))
    assert 0.8 < yaw.max() / RANGES.yaw_deg <= 1 and 0.8 < -yaw.min() / RANGES.yaw_deg <= 1
    near, far = RANGES.camera_distance
    distance = scenes.camera_distance.numpy()
    assert near <= distance.min() < 1.1 * near and 0.9 * far < distance.max() <= far
    np.testing.assert_allclose(
        scenes.rotation @ tf.linalg.matrix_transpose(scenes.rotation),
        np.broadcast_to(np.eye(3), [300, 3, 3, 3]),
        atol=1e-5,
    )


def test_lights_are_several_meters_away_and_of_varied_color(scenes):
    distance = np.linalg.norm(scenes.light_positions, axis=-1)
    assert distance.min() * 1.001 >= 2000 and distance.max() <= 5000 * 1.001
    assert np.all(scenes.light_intensities.numpy() > 0)
    red_to_blue = scenes.light_intensities[..., 0] / scenes.light_intensities[..., 2]
    assert red_to_blue.numpy().max() > 1.2 and red_to_blue.numpy().min() < 0.9


def test_exposure_is_what_a_surface_facing_the_camera_receives(scenes):
    direction = scenes.light_positions[..., 2] / tf.norm(scenes.light_positions, axis=-1)
    luminance = tf.constant([0.2126, 0.7152, 0.0722])
    directed = tf.reduce_sum(scenes.light_intensities * luminance, -1) * direction
    light = tf.reduce_sum(directed, -1) + tf.reduce_sum(scenes.ambient * luminance, -1)
    low, high = RANGES.exposure
    inside = (light.numpy() > low - 0.01) & (light.numpy() < high + 0.01)
    # Where both lights come from far aside the face is left darker.
    assert inside.mean() > 0.95


def test_rotation_signs():
    """Positive yaw takes the nose (+z) to the subject's left (+x); positive pitch down (-y)."""
    assert scene.rotation_matrix(0.3, 0.0)[0, 2] > 0
    assert scene.rotation_matrix(0.0, 0.3)[1, 2] < 0
    np.testing.assert_allclose(scene.fixed_scene().rotation, np.eye(3), atol=1e-6)


def test_stacked_scenes_show_each_face_the_same_views():
    views = [scene.fixed_scene(0), scene.fixed_scene(30)]
    stacked = scene.stack_scenes(views, 4)
    assert stacked.rotation.shape == (4, 2, 3, 3)
    np.testing.assert_array_equal(stacked.rotation[2, 1], views[1].rotation)


def test_the_evaluation_keeps_its_light():
    """Every figure that was ever reported is of this scene."""
    fixed = scene.fixed_scene(20.0)
    np.testing.assert_array_equal(fixed.light_positions, [[-1100, 1200, 2400], [1100, 1200, 2400]])
    np.testing.assert_allclose(fixed.light_intensities, [[0.7] * 3, [0.5] * 3])
    assert not np.any(fixed.ambient) and float(fixed.compensation) == 0
    np.testing.assert_array_equal(fixed.background, np.full([4, 3], 0.5))


def test_portraits_are_taken_from_where_the_fixed_scene_is_seen():
    fixed, portrait = scene.fixed_scene(-30.0, 10.0), scene.portrait_scene(-30.0, 10.0)
    np.testing.assert_array_equal(fixed.rotation, portrait.rotation)
    assert float(fixed.camera_distance) == float(portrait.camera_distance)
    assert np.all(portrait.ambient.numpy() > 0) and np.all(portrait.background.numpy() > 0.7)
