"""The example notebook runs from top to bottom, and its stored outputs are small."""

import pathlib

import pytest

nbformat = pytest.importorskip("nbformat", reason="the notebook is run where nbclient is")
nbclient = pytest.importorskip("nbclient", reason="the notebook is run where nbclient is")
pytest.importorskip("ipykernel", reason="the notebook is run where ipykernel is")

ROOT = pathlib.Path(__file__).parent.parent.parent
NOTEBOOK = ROOT / "examples" / "face_from_photo.ipynb"


def test_it_runs(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    # What it writes goes to a folder of its own.
    resources = {"metadata": {"path": str(tmp_path)}}
    nbclient.NotebookClient(
        notebook, timeout=280, kernel_name="python3", resources=resources
    ).execute()
    assert (tmp_path / "runs" / "notebook" / "face.glb").stat().st_size > 100_000


def test_its_outputs_are_stored_and_small():
    assert NOTEBOOK.stat().st_size < 200_000
    cells = nbformat.read(NOTEBOOK, as_version=4).cells
    outputs = [cell.outputs for cell in cells if cell.cell_type == "code"]
    assert any("image/png" in output.get("data", {}) for cell in outputs for output in cell)
    assert not any(output.output_type == "error" for cell in outputs for output in cell)
    assert str(ROOT) not in NOTEBOOK.read_text(encoding="utf-8")
