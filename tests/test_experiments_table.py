"""The table of the experiments holds what the runs' own files say."""

import json

import pytest

from tools.experiments import table


def _write_run(folder, scorer, variances):
    def judged(cosine):
        return {
            "cosine": {"yaw_0": {"mean": cosine}, "yaw_30": {"mean": cosine - 0.1}},
            "recall": {"top_1": 0.7, "top_5": 0.9},
        }

    coefficients = {
        part: {"mean_rms": 0.1, "variance": variance, "largest": 4.0}
        for part, variance in zip(("shape", "texture"), variances, strict=True)
    }
    both = {"encoder": judged(0.6), "scorer": judged(scorer)}
    metrics = {
        "decoders": {"decoder": both | {"coefficients": coefficients}},
        "gray": {"decoder": {"scorer": judged(0.4)}},
    }
    (folder / "tune").mkdir(parents=True)
    (folder / "tune" / "metrics.json").write_text(json.dumps(metrics))


def test_a_row_is_the_mean_over_seeds(tmp_path, monkeypatch, capsys):
    notes = {"notes": {"metrics": {"r_squared/shape_first_10": 0.5}}}
    monkeypatch.setattr(table, "read_metadata", lambda path: notes)
    _write_run(tmp_path / "full_0", 0.5, (0.9, 1.3))
    _write_run(tmp_path / "full_1", 0.6, (0.8, 1.1))
    _write_run(tmp_path / "no_loopback_0", 0.4, (1.0, 1.0))
    (tmp_path / "unfinished_0").mkdir()
    monkeypatch.setattr("sys.argv", ["table", str(tmp_path)])
    table.main()
    head, _, full, without = (line.split(" | ") for line in capsys.readouterr().out.splitlines())
    column = [cell.strip("| ") for cell in head].index
    assert full[0].strip("| ") == "full" and full[1] == "2"
    assert full[column("scorer, frontal")] == "0.550 ± 0.050"
    # The variance that is farther from 1: 1.3 of the first run, 0.8 of the second.
    assert full[column("variance")] == "1.050 ± 0.250"
    assert without[0].strip("| ") == "no_loopback" and without[column("scorer, frontal")] == "0.400"


def test_a_folder_without_runs_has_no_rows(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["table", str(tmp_path)])
    table.main()
    assert len(capsys.readouterr().out.splitlines()) == 2


def test_help_says_what_it_prints(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["table", "--help"])
    with pytest.raises(SystemExit):
        table.main()
    assert "a row for each setting" in capsys.readouterr().out
