"""Where the ops are used: tf.function, tf.data, two replicas, and any number of threads."""

import ast
import hashlib
import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from mesh_renderer import rasterize_triangles
from mesh_renderer.vertex_normals import vertex_normals
from tests.mesh_renderer import meshes

SIZE = 32
VERTICES, TRIANGLES = meshes.sphere()


def turned_spheres(count):
    """Makes clip-space vertices [count, V, 4] of turned and shifted spheres."""
    return np.stack(
        [
            meshes.project(VERTICES @ meshes.rotation(0.2 * k, 0.3 * k, 0.1).T, distance=3.0 + k)
            for k in range(count)
        ]
    )


def render(clip):
    """Draws the normals of spheres in clip space: [B, H, W, 3]."""
    normals = vertex_normals(clip[..., :3], TRIANGLES)
    return rasterize_triangles.rasterize_clip_space(
        clip, normals, TRIANGLES, SIZE, SIZE, [0.0, 0.0, 0.0]
    )


def images_and_gradient(clip):
    clip = tf.convert_to_tensor(clip)
    with tf.GradientTape() as tape:
        tape.watch(clip)
        images = render(clip)
        loss = tf.reduce_sum(images**3)
    return images, tape.gradient(loss, clip)


def test_function_with_unknown_batch_and_vertices_equals_eager():
    traced = tf.function(
        images_and_gradient, input_signature=[tf.TensorSpec([None, None, 4], tf.float32)]
    )
    for count in (1, 3):
        images, gradient = traced(turned_spheres(count))
        expected_images, expected_gradient = images_and_gradient(turned_spheres(count))
        np.testing.assert_array_equal(images, expected_images)
        # TensorFlow rewrites the loss's cube inside a function.
        np.testing.assert_allclose(gradient, expected_gradient, rtol=1e-3, atol=1e-5)
    assert traced.experimental_get_tracing_count() == 1


def test_inside_tf_data_map():
    clip = turned_spheres(6)
    expected = render(clip)
    images = (
        tf.data.Dataset.from_tensor_slices(clip)
        .map(lambda one: render(one[None])[0], num_parallel_calls=4)
        .batch(6)
    )
    np.testing.assert_array_equal(next(iter(images)), expected)


def test_two_replicas():
    cpus = tf.config.list_logical_devices("CPU")
    assert len(cpus) == 2, "tests/conftest.py makes two"
    strategy = tf.distribute.MirroredStrategy([cpu.name for cpu in cpus])
    clip = turned_spheres(4)

    @tf.function
    def step():
        def one_replica():
            replica = tf.distribute.get_replica_context().replica_id_in_sync_group
            half = tf.gather(tf.reshape(clip, [2, 2, -1, 4]), replica)
            return images_and_gradient(half)

        return strategy.run(one_replica)

    images, gradients = (strategy.experimental_local_results(value) for value in step())
    expected_images, expected_gradients = images_and_gradient(clip)
    np.testing.assert_array_equal(np.concatenate(images), expected_images)
    np.testing.assert_array_equal(np.concatenate(gradients), expected_gradients)


def digest():
    """Returns a hash of images and gradients, of one image and of several."""
    content = [
        value.numpy().tobytes() for n in (1, 5) for value in images_and_gradient(turned_spheres(n))
    ]
    return hashlib.sha256(b"".join(content)).hexdigest()


def test_number_of_threads_changes_no_bit():
    program = (
        "import tensorflow as tf; tf.config.threading.set_intra_op_parallelism_threads(1);"
        "from tests.mesh_renderer import test_use; print('digest', test_use.digest())"
    )
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join(filter(None, sys.path)))
    single = subprocess.run(
        [sys.executable, "-c", program], env=environment, stdout=subprocess.PIPE, text=True
    )
    assert single.stdout.split("digest")[-1].strip() == digest()


def test_ops_stay_on_the_cpu_in_the_scope_of_a_gpu():
    with tf.Graph().as_default() as graph, tf.device("/job:localhost/task:0/device:GPU:0"):
        clip = tf.constant(turned_spheres(1))
        tf.gradients(tf.reduce_sum(render(clip)), clip)
    ours = [op for op in graph.get_operations() if op.type.startswith("MeshRenderer>")]
    assert {op.type.removesuffix("Grad") for op in ours if op.type.endswith("Grad")}
    assert {op.device for op in ours} == {"/job:localhost/task:0/device:CPU:0"}


def test_xla_compilation_says_what_to_do():
    compiled = tf.function(render, jit_compile=True)
    with pytest.raises(tf.errors.InvalidArgumentError, match="cannot be compiled by XLA"):
        compiled(tf.constant(turned_spheres(1)))


def test_the_package_can_be_copied_into_another_project():
    """It imports nothing but the standard library, NumPy, TensorFlow and what comes with it."""
    allowed = {"mesh_renderer", "numpy", "tensorflow", "absl", *sys.stdlib_module_names}
    for path in pathlib.Path(rasterize_triangles.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [node.module] if isinstance(node, ast.ImportFrom) else []
            names += [name.name for name in node.names] if isinstance(node, ast.Import) else []
            assert {name.split(".")[0] for name in names} <= allowed, path
