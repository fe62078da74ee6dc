"""The renderer's speed against the original's algorithm: `python -m benchmarks.renderer`.

It prints the flags of both and a table; docs/renderer.md gives the range over runs and machines.
The rows that compare them are medians of calls in turn in one process, on one thread pinned to one
core; every call is one of a `tf.function`. They give processor time. It leaves out what other work
on the machine takes, but not what is lost because that work empties the caches.
"""

import argparse
import concurrent.futures
import ctypes
import functools
import os
import pathlib
import subprocess
import sys
import time
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from benchmarks import original, ours
from benchmarks.bad_frames import bad_frames
from benchmarks.exact import ExactPixels, relative_error
from benchmarks.scene import HeadScene
from benchmarks.timing import forward_and_backward, median_seconds
from mesh_renderer import build_kernels, rasterize_triangles

_REPEATS = 25
_processor_medians = functools.partial(median_seconds, repeats=_REPEATS, clock=time.process_time)


def rasterization(renderer, scene: HeadScene, size: int) -> Callable[[], object]:
    """Rasterization by a module, `ours` or `original`."""
    return tf.function(lambda: renderer.rasterize(scene.clip, scene.triangles, size, size)[0])


def interpolation(renderer, scene: HeadScene, size: int) -> Callable[[], object]:
    """Rasterization and interpolation of nine attributes, and their gradients."""

    def render(clip, attributes):
        return renderer.interpolate(clip, attributes, scene.triangles, size, size, [0.0] * 9)

    return forward_and_backward(render, scene.clip, scene.attributes)


def phong(renderer, scene: HeadScene, size: int) -> Callable[[], object]:
    """A whole Phong render, given the normals, and its gradients."""

    def render(vertices, normals, colors):
        clip = scene.project(vertices)
        mesh = vertices, scene.triangles, normals, colors
        return renderer.phong(clip, *mesh, scene.lighting, size, size)

    return forward_and_backward(render, scene.vertices, scene.normals, scene.colors)


def normals(renderer, scene: HeadScene) -> Callable[[], object]:
    """Vertex normals and their gradient."""
    return forward_and_backward(
        lambda vertices: renderer.vertex_normals(vertices, scene.triangles), scene.vertices
    )


def one_thread() -> None:
    """Prints the rows that compare with the original, and with float64."""
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    scene = HeadScene(1)
    works = [
        ("rasterize, forward", rasterization),
        ("rasterize + interpolate 9 attributes, forward + backward", interpolation),
        ("Phong render, normals given, forward + backward", phong),
    ]
    for title, work in works:
        for size in (224, 512):
            _compare(f"{title}, {size}×{size}", functools.partial(work, scene=scene, size=size))
    _compare("vertex normals, forward + backward", functools.partial(normals, scene=scene))
    inside = HeadScene(1)
    inside.clip = scene.clip - [0.0, 0.0, 0.0, 4.6]
    title = "rasterize, forward, 224×224, the eye inside the head"
    _compare(title, functools.partial(rasterization, scene=inside, size=224))
    _print_accuracy(scene)
    _print_bad_frames(scene)


def _compare(title, work):
    reference, mine = _processor_medians(work(original), work(ours))
    print(
        f"| {title} | {reference * 1e3:.1f} ms | {mine * 1e3:.2f} ms | 1/{reference / mine:.1f} |",
        flush=True,
    )


def _print_accuracy(scene):
    """The rows that compare with float64, given which triangle each pixel shows."""
    by_original, by_us = (_errors(renderer.rasterize, scene) for renderer in (original, ours))
    titles = ("barycentrics against float64, mean error", "gradient against float64, relative L2")
    for title, theirs, mine in zip(titles, by_original, by_us, strict=True):
        print(f"| {title} | {theirs:.1e} | {mine:.1e} | |")


def _errors(rasterize, scene):
    with tf.GradientTape() as tape:
        tape.watch(scene.clip)
        barycentrics, ids = rasterize(scene.clip, scene.triangles, 224, 224)
    weights = np.random.default_rng(0).normal(size=barycentrics.shape).astype(np.float32)
    gradient = tape.gradient(barycentrics, scene.clip, output_gradients=weights)[0].numpy()
    found = barycentrics[0].numpy()
    covered = np.any(found != 0, axis=-1)
    exact = ExactPixels(scene.clip[0].numpy(), scene.triangles.numpy(), ids[0].numpy(), covered)
    return (
        np.abs(found[covered] - exact.barycentrics).mean(),
        relative_error(gradient, exact.vertex_gradient(weights[0][covered])),
    )


def _print_bad_frames(scene):
    """The row of frames with vertices that no mesh should hold, against the good frame."""
    find = tf.function(
        lambda clip: rasterize_triangles.visible_triangles(clip, scene.triangles, 224, 224)[2]
    )
    frames = [scene.clip, *map(tf.constant, bad_frames(scene.clip.numpy()))]
    good, *bad = _processor_medians(*(functools.partial(find, frame) for frame in frames))
    print(
        f"| worst of {len(bad)} bad frames against a good one, 224×224 | | {max(bad) * 1e3:.2f} ms "
        f"against {good * 1e3:.2f} ms | {max(bad) / good:.1f}× |"
    )


def several_threads(threads: str) -> None:
    """Prints seconds of three kinds of work of batch 8, and of a loop, on some threads."""
    count = int(threads)
    tf.config.threading.set_intra_op_parallelism_threads(count)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    scene = HeadScene(8)
    compute = ctypes.CDLL(str(original.library())).ComputeLoop
    compute.argtypes, compute.restype = [ctypes.c_int64], ctypes.c_double

    def loop():
        with concurrent.futures.ThreadPoolExecutor(count) as pool:
            list(pool.map(compute, [40_000_000 // count] * count))

    works = [work(ours, scene, 224) for work in (rasterization, interpolation, phong)]
    print(*median_seconds(*works, loop, repeats=11))


def memory(name: str) -> None:
    """Prints the peak memory in MB of a call at batch 24, beyond its inputs and outputs."""
    work = {"interpolation": interpolation, "phong": phong}[name]
    work(ours, HeadScene(1), 224)()
    call = work(ours, HeadScene(24), 224)
    pathlib.Path("/proc/self/clear_refs").write_text("5")
    before = _memory_of_process("VmRSS")
    result, gradients = call()
    outputs = sum(tensor.numpy().nbytes for tensor in (result, *gradients)) / 1e6
    print(_memory_of_process("VmHWM") - before - outputs)


def _memory_of_process(field):
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith(field)) * 1.024e-3


def _run(*arguments, cores=None):
    command = [sys.executable, "-m", "benchmarks.renderer", *arguments]
    if cores is not None:
        command = ["taskset", "-c", cores, *command]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def all_parts() -> None:
    """Prints the whole table; each part is measured in a process of its own."""
    print("Both are compiled with:", *build_kernels.FLAGS)
    for suffix, flags in build_kernels.X86_FLAGS.items():
        print(f"Ours is compiled again for *{suffix}.cc with:", *flags)
    print(f"{os.getloadavg()[0]:.1f} other processes were running on {os.cpu_count()} cores.\n")
    print("| work | original | ours | ratio |\n|---|---|---|---|")
    print(_run("one_thread", cores="0"), end="", flush=True)
    single, double = (
        np.array(_run("several_threads", count).split(), float) for count in ("1", "2")
    )
    gains = single / double
    for title, gain in zip(("rasterize", "9 attributes", "Phong"), gains, strict=False):
        print(
            f"| 2 threads against 1, batch 8, {title} | | {gain:.2f}× | "
            f"{gain / gains[-1]:.2f} of a compute loop's {gains[-1]:.2f}× |"
        )
    for name in ("interpolation", "phong"):
        print(f"| peak memory, batch 24, {name} | | {float(_run('memory', name)):.0f} MB | |")


_PARTS = {"one_thread": one_thread, "several_threads": several_threads, "memory": memory}


def main() -> None:
    """Measures everything, or the part that the arguments name."""
    parser = argparse.ArgumentParser("python -m benchmarks.renderer", description=__doc__)
    parser.add_argument(
        "part", nargs="?", choices=_PARTS, help="the part to measure; by default all are"
    )
    parser.add_argument(
        "argument", nargs="*", help="of several_threads: 1 or 2; of memory: interpolation or phong"
    )
    options = parser.parse_args()
    _PARTS.get(options.part, all_parts)(*options.argument)


if __name__ == "__main__":
    main()
