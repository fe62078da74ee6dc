import json

import numpy as np
import pytest

from evaluation import plots
from evaluation.likeness import judge_photographs, likeness
from evaluation.recognition import unit
from evaluation.report import Picture, Report, Table, to_text, write_report

_PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def report():
    return Report(
        title="Faces <of> people",
        command="python eval.py --dataset='a b'",
        facts={"photographs": "3 & 1 miss"},
        limits=["one photograph a person"],
        tables=[Table("Cosine", ["decoder", "mean"], [["a|b", 0.12345], ["c", None]], "note")],
        pictures=[Picture("plot.png", _PNG, "A plot")],
        metrics={"cosine": {"mean": 0.12345, "same": float("nan")}},
    )


def test_files_are_there_with_data_command_and_limits(report, tmp_path):
    write_report(report, tmp_path / "new" / "folder")
    folder = tmp_path / "new" / "folder"
    names = {path.name for path in folder.iterdir()}
    assert names == {"metrics.json", "tables.md", "report.html", "plot.png"}
    metrics = json.loads((folder / "metrics.json").read_text())
    assert metrics["cosine"] == {"mean": 0.12345, "same": None}
    assert metrics["command"] == report.command
    assert metrics["limits"] == report.limits
    markdown = (folder / "tables.md").read_text()
    assert "| a\\|b | 0.123 |" in markdown
    assert "| c | – |" in markdown
    for text in (report.command, "one photograph a person", "3 & 1 miss"):
        assert text in markdown


def test_html_escapes_and_needs_no_other_file(report, tmp_path):
    write_report(report, tmp_path)
    page = (tmp_path / "report.html").read_text()
    assert "Faces &lt;of&gt; people" in page
    assert "3 &amp; 1 miss" in page
    assert 'src="data:image/png;base64,' in page
    assert "http" not in page


def test_text_is_aligned(report):
    lines = to_text(report.tables[0]).splitlines()
    assert lines[0] == "Cosine"
    assert len({len(line) for line in lines[1:]}) == 1


def test_plots_are_png():
    embeddings = unit(np.random.default_rng(0).normal(size=[8, 4]))
    photos = judge_photographs(embeddings, list("aabbcdef"))
    result = likeness(photos, embeddings[:, None], (0,))
    results = {"first": result, "second": result}
    assert plots.score_distributions("scorer", photos, results).startswith(_PNG)
    assert plots.recall_curves("scorer", results).startswith(_PNG)
    assert plots.component_variances({"first": np.ones(5)}, "shape").startswith(_PNG)
