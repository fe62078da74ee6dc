"""Synthetic faces from a service on this machine, whose workers come and go."""

import pathlib
import socket
import subprocess
import sys

import numpy as np
import pytest

from data_pipeline.data_service import check_address, served
from data_pipeline.synthetic import synthetic_faces
from model.face_models.load import load_face_model
from model.face_renderer import FaceRenderer
from tests.model.fake_identity import FakeIdentityNetwork
from tests.model.small_face_model import write_small_face_model

ROOT = pathlib.Path(__file__).parents[2]
BATCH = 2


def start(*arguments):
    """Starts a process of the service, and returns it with the first line that it prints."""
    command = [sys.executable, "-u", "-m", "data_pipeline.data_service", *arguments]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    return process, process.stdout.readline()


@pytest.fixture(name="processes")
def _processes():
    started = []
    yield started
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()


def free_port():
    with socket.socket() as listener:
        listener.bind(("localhost", 0))
        return listener.getsockname()[1]


def test_workers_and_the_dispatcher_are_killed_and_others_started(processes, tmp_path):
    port = free_port()
    dispatcher = ["dispatcher", f"--port={port}", f"--work_dir={tmp_path / 'journal'}"]
    address = f"grpc://localhost:{port}"

    def begin(*arguments):
        process, line = start(*arguments)
        processes.append(process)
        assert str(port) in line
        return process

    def kill(process):
        process.kill()
        process.wait()

    first_dispatcher = begin(*dispatcher)
    first_worker = begin("worker", f"--dispatcher={address}")
    path = write_small_face_model(tmp_path / "model.h5")
    renderer = FaceRenderer(load_face_model(path), FakeIdentityNetwork().crop)
    local = synthetic_faces(renderer, BATCH, seed=3, first_step=5).take(300)
    expected = {batch["shape"].numpy().tobytes(): batch["images"].numpy() for batch in local}
    batches = iter(served(synthetic_faces(renderer, BATCH, seed=3, first_step=5), address))
    seen = [next(batches) for _ in range(5)]
    kill(first_worker)
    begin("worker", f"--dispatcher={address}")
    # More than the first worker can have rendered ahead.
    seen += [next(batches) for _ in range(60)]
    kill(first_dispatcher)
    begin(*dispatcher)
    seen += [next(batches) for _ in range(60)]
    keys = [batch["shape"].numpy().tobytes() for batch in seen]
    assert len(set(keys)) == 125, "no batch is seen twice"
    for key, batch in zip(keys, seen, strict=True):
        np.testing.assert_allclose(batch["images"], expected[key], atol=1e-5)


@pytest.mark.parametrize("address", ["localhost:5050", "grpc://localhost", "grpc://:5", "x"])
def test_what_is_no_address_is_an_error(address):
    with pytest.raises(ValueError, match="no address of a data service, such as grpc://"):
        check_address(address)
