"""The renderer's speed against the original's algorithm: `python -m benchmarks.renderer`.

Medians of alternating runs in one process, on one thread pinned to one core; every call is one
inside `tf.function`. Prints the table of docs/renderer.md.
"""

import concurrent.futures
import ctypes
import functools
import os
import statistics
import subprocess
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
import tensorflow as tf

from benchmarks.exact import ExactPixels, relative_error
from benchmarks.head import head
from mesh_renderer import camera_utils, mesh_renderer, rasterize_triangles
from mesh_renderer.vertex_normals import vertex_normals

_REPEATS = 25
_CAMERA = (0.0, 0.0, 5.0)
# Coordinates, x y z w, that one vertex in a hundred has in a bad frame.
_BAD_VALUES = (
    *((0, value) for value in (np.nan, np.inf, 1e6, 1e30, 1e-42)),
    *((3, value) for value in (np.nan, 0.0, 1e-30, -1e-3, 1e-42)),
    (slice(None), 3e38),
)


class Scene:
    """The head, turned differently in each image of a batch, as tensors."""

    def __init__(self, batch: int):
        vertices, triangles = head()
        angles = tf.constant([[0.1, 0.3 - 0.6 * k / batch, 0.0] for k in range(batch)])
        turn = camera_utils.euler_matrices(angles)[:, :3, :3]
        self.triangles = tf.constant(triangles)
        self.vertices = tf.matmul(tf.stack([vertices] * batch), turn, transpose_b=True)
        self.colors = 0.5 + 0.4 * tf.stack([vertices] * batch)
        self.lighting = {
            "light_positions": tf.constant([[[3.0, 2.0, 5.0], [-4.0, 1.0, 3.0]]] * batch),
            "light_intensities": tf.constant([[[0.7, 0.6, 0.6], [0.3, 0.3, 0.4]]] * batch),
            "ambient_color": tf.constant([[0.2, 0.2, 0.2]] * batch),
            "camera_position": tf.constant([_CAMERA] * batch),
        }
        view = camera_utils.look_at(
            self.lighting["camera_position"], tf.zeros([batch, 3]), [[0.0, 1.0, 0.0]] * batch
        )
        lens = [tf.fill([batch], value) for value in (27.0, 0.1, 20.0)]
        self.camera = camera_utils.perspective(1.0, *lens) @ view
        self.clip = self.project(self.vertices)
        self.attributes = tf.concat([self.vertices, self.colors, 1 - self.colors], axis=-1)

    def project(self, vertices):
        return camera_utils.transform_homogeneous(self.camera, vertices)


def our_rasterize(scene, size):
    return lambda: (
        rasterize_triangles.rasterize_barycentric_coordinates(
            scene.clip, scene.triangles, size, size
        ).barycentrics
    )


def our_interpolation(scene, size):
    return lambda clip, attributes: rasterize_triangles.rasterize_clip_space(
        clip, attributes, scene.triangles, size, size, [0.0] * 9
    )


def our_phong(scene, size):
    def render(vertices, colors):
        return mesh_renderer.render_clip_space(
            scene.project(vertices),
            scene.triangles,
            vertex_normals(vertices, scene.triangles),
            vertices,
            colors,
            image_width=size,
            image_height=size,
            specular_colors=1.0 - colors,
            shininess_coefficients=12.0,
            **scene.lighting,
        )

    return render


def original_rasterize(scene, size):
    from benchmarks import original

    return lambda: original.rasterize(scene.clip, scene.triangles, size, size)[0]


def original_interpolation(scene, size):
    from benchmarks import original

    return lambda clip, attributes: original.interpolate(
        clip, attributes, scene.triangles, size, size, [0.0] * 9
    )


def original_phong(scene, size):
    from benchmarks import original

    return lambda vertices, colors: original.phong(
        scene.project(vertices), vertices, scene.triangles, colors, scene.lighting, size, size
    )


def forward_and_backward(function, *inputs):
    """A call of a tf.function of the image and its gradients with respect to the inputs."""
    shape = function(*inputs).shape
    d_image = tf.constant(np.random.default_rng(0).normal(size=shape), tf.float32)

    @tf.function
    def step(*inputs):
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            image = function(*inputs)
        return image, tape.gradient(image, inputs, output_gradients=d_image)

    return lambda: step(*inputs)


def alternate(calls, repeats=_REPEATS):
    """Median seconds of each call, measured in turns so that all meet the same disturbances."""
    for call in calls:
        call(), call()
    times = [[] for _ in calls]
    for _ in range(repeats):
        for call, taken in zip(calls, times, strict=True):
            start = time.perf_counter()
            call()
            taken.append(time.perf_counter() - start)
    return [statistics.median(taken) for taken in times]


def compare(title, to_reach, ours, original):
    mine, reference = alternate([ours, original])
    print(
        f"| {title} | {reference * 1e3:.1f} ms | {mine * 1e3:.2f} ms | "
        f"1/{reference / mine:.1f} | {to_reach} |",
        flush=True,
    )


def one_thread():
    """The rows that compare with the original."""
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    scene = Scene(1)
    for size in (224, 512):
        compare(
            f"rasterize, forward, {size}×{size}",
            "1/5" if size == 224 else "1/3.5",
            tf.function(our_rasterize(scene, size)),
            tf.function(original_rasterize(scene, size)),
        )
    inputs = (scene.clip, scene.attributes)
    compare(
        "rasterize + interpolate 9 attributes, forward + backward, 224×224",
        "1/7",
        forward_and_backward(our_interpolation(scene, 224), *inputs),
        forward_and_backward(original_interpolation(scene, 224), *inputs),
    )
    inputs = (scene.vertices, scene.colors)
    for size in (224, 512):
        compare(
            f"whole Phong render, forward + backward, {size}×{size}",
            "1/10" if size == 224 else "1/12",
            forward_and_backward(our_phong(scene, size), *inputs),
            forward_and_backward(original_phong(scene, size), *inputs),
        )
    inside = Scene(1)
    inside.clip = scene.clip - [0.0, 0.0, 0.0, 4.6]
    compare(
        "rasterize, forward, 224×224, the eye inside the head",
        "",
        tf.function(our_rasterize(inside, 224)),
        tf.function(original_rasterize(inside, 224)),
    )
    accuracy(scene)
    bad_frames(scene)


def accuracy(scene):
    """The rows that compare with float64, the triangles of the pixels being the same."""
    from benchmarks import original

    def framebuffer(clip):
        buffer = rasterize_triangles.rasterize_barycentric_coordinates(
            clip, scene.triangles, 224, 224
        )
        return buffer.barycentrics, buffer.triangle_ids

    errors = []
    for rasterize in (
        lambda clip: original.rasterize(clip, scene.triangles, 224, 224),
        framebuffer,
    ):
        with tf.GradientTape() as tape:
            tape.watch(scene.clip)
            barycentrics, ids = rasterize(scene.clip)
        weights = np.random.default_rng(0).normal(size=barycentrics.shape).astype(np.float32)
        gradient = tape.gradient(barycentrics, scene.clip, output_gradients=weights)[0].numpy()
        covered = np.any(barycentrics[0].numpy() != 0, axis=-1)
        exact = ExactPixels(scene.clip[0].numpy(), scene.triangles.numpy(), ids[0].numpy(), covered)
        errors.append(
            (
                np.abs(barycentrics[0].numpy()[covered] - exact.barycentrics).mean(),
                relative_error(gradient, exact.vertex_gradient(weights[0][covered])),
            )
        )
    titles = ("barycentrics against float64, mean error", "gradient against float64, relative L2")
    for title, theirs, mine, limit in zip(titles, *errors, ("2e-6", "2e-4"), strict=True):
        print(f"| {title} | {theirs:.1e} | {mine:.1e} | | {limit} |")
    print(
        f"{len(scene.triangles)} triangles, covered: {covered.mean():.0%} of 224×224",
        file=sys.stderr,
    )


def bad_frames(scene):
    """The row of frames with vertices that no mesh should hold, against the good frame."""
    good = scene.clip.numpy()
    chosen = np.random.default_rng(0).permutation(good.shape[1])[: good.shape[1] // 100]
    frames = [good]
    for axis, value in _BAD_VALUES:
        frame = good.copy()
        frame[0, chosen, axis] = value
        frames.append(frame)
    frames.append(np.broadcast_to(good[:, :1], good.shape))  # nothing has an area
    find = tf.function(
        lambda clip: rasterize_triangles.visible_triangles(clip, scene.triangles, 224, 224)[2]
    )
    calls = [functools.partial(find, tf.constant(frame)) for frame in frames]
    normal, *bad = alternate(calls)
    print(
        f"| worst of {len(bad)} bad frames against a good one, 224×224 | | {max(bad) * 1e3:.2f} ms "
        f"against {normal * 1e3:.2f} ms | {max(bad) / normal:.1f}× | 2× |"
    )


def two_threads():
    """Seconds of two kinds of work of batch 8, and of a loop, on as many threads as TensorFlow."""
    from benchmarks import original

    threads = int(sys.argv[2])
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    scene = Scene(8)
    compute = ctypes.CDLL(str(original.LIBRARY)).ComputeLoop
    compute.argtypes, compute.restype = [ctypes.c_int64], ctypes.c_double

    def loop():
        with concurrent.futures.ThreadPoolExecutor(threads) as pool:
            list(pool.map(compute, [40_000_000 // threads] * threads))

    calls = [
        tf.function(our_rasterize(scene, 224)),
        forward_and_backward(our_interpolation(scene, 224), scene.clip, scene.attributes),
        forward_and_backward(our_phong(scene, 224), scene.vertices, scene.colors),
        loop,
    ]
    print(*alternate(calls, 11))


def memory():
    """Peak memory of a call at batch 24, beyond its inputs and outputs, in MB."""
    small, scene = Scene(1), Scene(24)
    if sys.argv[2] == "interpolation":
        make, inputs = our_interpolation, ("clip", "attributes")
    else:
        make, inputs = our_phong, ("vertices", "colors")
    forward_and_backward(make(small, 224), *(getattr(small, name) for name in inputs))()
    call = forward_and_backward(make(scene, 224), *(getattr(scene, name) for name in inputs))
    with open("/proc/self/clear_refs", "w") as file:
        file.write("5")
    before = _memory("VmRSS")
    image, gradients = call()
    outputs = sum(tensor.numpy().nbytes for tensor in (image, *gradients)) / 1e6
    print(_memory("VmHWM") - before - outputs)


def _memory(field):
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith(field)) * 1.024e-3


def _run(*arguments, cores=None):
    command = [sys.executable, "-m", "benchmarks.renderer", *arguments]
    if cores is not None:
        command = ["taskset", "-c", cores, *command]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def main():
    print("| work | original | ours | ratio | to reach |\n|---|---|---|---|---|")
    print(_run("one_thread", cores="0"), end="", flush=True)
    single, double = (np.array(_run("two_threads", count).split(), float) for count in ("1", "2"))
    gains = single / double
    for title, gain in zip(("rasterize", "9 attributes", "Phong"), gains, strict=False):
        print(
            f"| 2 threads against 1, batch 8, {title} | | {gain:.2f}× | "
            f"{gain / gains[-1]:.2f} of a compute loop's {gains[-1]:.2f}× | 0.9 |"
        )
    for title, limit in (("interpolation", "64 MB"), ("phong", "")):
        peak = float(_run("memory", title))
        print(f"| peak memory, batch 24, {title} | | {peak:.0f} MB | | {limit} |")


if __name__ == "__main__":
    {"one_thread": one_thread, "two_threads": two_threads, "memory": memory}.get(
        sys.argv[1] if len(sys.argv) > 1 else "", main
    )()
