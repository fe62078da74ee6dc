"""Runs train.py with a tiny face model and a tiny network, in one process or in several.

    python -m tests.model.training.tiny_training FLAGS...

The environment says how many logical CPUs there are (DEVICES), and of which stage and step the
checkpoint is after which the process is killed (DIE_AT, such as "stage2 20").
"""

import json
import os
import pathlib
import runpy
import shutil
import signal
import socket
import subprocess
import sys

ROOT = pathlib.Path(__file__).parent.parent.parent.parent


def make_flags(folder: pathlib.Path) -> list[str]:
    """Writes a tiny face model and a few photographs; returns the flags of a run of 50 steps."""
    import open_parts
    from tests.model.small_face_model import write_small_face_model

    (folder / "photos").mkdir()
    for path in sorted(open_parts.PHOTOS.glob("*.jpg"))[:6]:
        shutil.copy(path, folder / "photos")
    model = write_small_face_model(folder / "model.h5")
    return [
        f"--photos={folder / 'photos'}",
        f"--face_model={model}",
        f"--landmarks={open_parts.LANDMARKS}",
        f"--cache_dir={folder / 'cache'}",
        *"--synthetic_pool=24 --synthetic_batch=6 --photo_batch=2 --moment_batch=6".split(),
        *"--photo_crops=1 --views=2 --gray_views=1 --held_out=1 --keep_best".split(),
        *"--weight_average=0.8 --dropout=0.1 --warmup_steps=5 --gradient_clip=1000".split(),
        *"--stage1_steps=25 --stage2_steps=25 --samples_every=25 --checkpoint_every=10".split(),
        *"--log_every=1 --gradient_norms_every=20 --identity_weight=3".split(),
        "--deterministic",
    ]


def start(flags, folder, **environment) -> subprocess.Popen:
    """Starts a run in a folder; its environment gets more variables."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.model.training.tiny_training", *flags]
        + [f"--output_dir={folder}"],
        cwd=ROOT,
        env=os.environ | {name: str(value) for name, value in environment.items()},
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(*processes: subprocess.Popen, timeout=1200) -> list[tuple[int, str]]:
    """Waits for processes; returns the status and the log of each, in their order."""
    logs = [process.communicate(timeout=timeout)[1] for process in processes]
    return [(process.returncode, log) for process, log in zip(processes, logs, strict=True)]


def start_workers(flags, folder, count=2, **of_last) -> list[subprocess.Popen]:
    """Starts processes that train together on the loopback; the last gets more variables."""
    with_ports = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    addresses = [f"127.0.0.1:{server.getsockname()[1]}" for server in with_ports]
    for server in with_ports:
        server.close()
    processes = []
    for index in range(count):
        task = {"type": "worker", "index": index}
        cluster = json.dumps({"cluster": {"worker": addresses}, "task": task})
        more = of_last if index == count - 1 else {}
        processes.append(start(flags, folder, TF_CONFIG=cluster, **more))
    return processes


def _main() -> None:
    import tensorflow as tf

    from model import identity
    from model.training import trainer
    from tests.model.fake_identity import FakeIdentityNetwork

    devices = [tf.config.LogicalDeviceConfiguration()] * int(os.environ.get("DEVICES", 1))
    if len(devices) > 1:
        cpu = tf.config.list_physical_devices("CPU")[0]
        tf.config.set_logical_device_configuration(cpu, devices)
    identity.load = lambda *_: FakeIdentityNetwork()
    if die_at := os.environ.get("DIE_AT"):
        _die_at(trainer, *die_at.split())
    sys.argv = ["train.py", *sys.argv[1:]]
    runpy.run_path("train.py", run_name="__main__")


def _die_at(trainer, stage, step) -> None:
    save = trainer._Training._save

    def save_and_die(self, saved_step):
        save(self, saved_step)
        if (self.stage.name, saved_step) == (stage, int(step)):
            os.kill(os.getpid(), int(os.environ.get("DIE_BY", signal.SIGKILL)))

    trainer._Training._save = save_and_die


if __name__ == "__main__":
    _main()
