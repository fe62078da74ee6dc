"""Processes that share work say what is wrong with their input."""

import pickle

import pytest

from programs import job_pool, pipeline_parts


def test_what_a_process_cannot_load_reaches_the_command(monkeypatch):
    def fail(options, items):
        raise FileNotFoundError(f"{options}: no such file")

    monkeypatch.setattr(pipeline_parts, "make_pipeline", fail)
    monkeypatch.setattr(job_pool, "_own", None)
    monkeypatch.setattr("cv2.setNumThreads", lambda threads: None)
    for name in ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
        monkeypatch.setenv(name, "1")
    job_pool._begin(pickle.dumps(("points.csv", [])), 1)
    with pytest.raises(FileNotFoundError, match="points.csv: no such file"):
        job_pool._work(pickle.dumps([]))
