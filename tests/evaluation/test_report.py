import json

import numpy as np
import pytest

from evaluation import plots
from evaluation.likeness import judge_photographs, likeness
from evaluation.recognition import unit
from evaluation.report import (
    Picture,
    Report,
    Section,
    join_sections,
    to_latex,
    write_report,
)
from evaluation.table import Table, to_text

_PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def report():
    return Report(
        title="Faces <of> people",
        command="python eval.py --dataset='a b'",
        facts={"photographs": "3 & 1 miss"},
        fingerprints={"encoder": "ab12"},
        limits=["one photograph a person"],
        tables=[Table("Cosine", ["decoder", "mean"], [["a|b", 0.12345], ["c", None]], "note")],
        pictures=[Picture("plot.png", _PNG, "A plot", {"plot.pdf": b"%PDF"})],
        metrics={"cosine": {"mean": 0.12345, "same": float("nan")}},
    )


def test_files_are_there_with_data_command_and_limits(report, tmp_path):
    write_report(report, tmp_path / "new" / "folder")
    folder = tmp_path / "new" / "folder"
    names = {path.name for path in folder.iterdir()}
    assert names == {
        "metrics.json",
        "tables.md",
        "tables.tex",
        "report.html",
        "plot.png",
        "plot.pdf",
    }
    metrics = json.loads((folder / "metrics.json").read_text())
    assert metrics["cosine"] == {"mean": 0.12345, "same": None}
    assert metrics["command"] == report.command
    assert metrics["limits"] == report.limits
    assert metrics["fingerprints"] == {"encoder": "ab12"}
    assert metrics["schema"] == 2 and metrics["versions"]["numpy"] == np.__version__
    assert metrics["seeds"] == {"bootstrap": 0}
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


def test_latex_escapes_what_it_reads_otherwise():
    table = Table("5 % of a_b", ["at ±30°", "c&d"], [["x\\y", 0.5], ["{z}", None]], "note #1")
    section = Section([table])
    text = to_latex(join_sections("title", "python eval.py --a_b", [section]))
    assert r"\caption{5 \% of a\_b. note \#1}" in text
    assert r"at $\pm$30$^\circ$ & c\&d \\" in text
    assert r"x\textbackslash{}y & 0.500 \\" in text and r"\{z\} & -- \\" in text
    assert r"\begin{tabular}{lr}" in text


def test_sections_are_joined_and_say_once_what_they_share():
    first = Section(metrics={"a": 1}, facts={"x": "1"}, limits=["one", "two"])
    second = Section(metrics={"b": 2}, facts={"x": "1", "y": "2"}, limits=["two", "three"])
    report = join_sections("title", "command", [first, second])
    assert report.metrics == {"a": 1, "b": 2} and report.facts == {"x": "1", "y": "2"}
    assert report.limits == ["one", "two", "three"]


def test_plots_are_png_and_pdf():
    embeddings = unit(np.random.default_rng(0).normal(size=[8, 4]))
    photos = judge_photographs(embeddings, list("aabbcdef"))
    result = likeness(photos, embeddings[:, None], (0,))
    results = {"first": result, "second": result}
    for picture in (
        plots.score_distributions("scorer", photos, results),
        plots.recall_curves("scorer", results),
        plots.component_variances({"first": np.ones(5)}, "shape"),
    ):
        assert picture.name.endswith(".png") and picture.data.startswith(_PNG)
        assert picture.more[picture.name.replace(".png", ".pdf")].startswith(b"%PDF")
