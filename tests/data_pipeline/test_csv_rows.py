"""Tables about photographs: what is no table is named for what it is."""

import pytest

from data_pipeline.csv_rows import read_csv


def test_rows_have_their_line_numbers(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("# detector: mtcnn\nfile,split\na.jpg,train\nb.jpg\n")
    table = read_csv(path, ["file"])
    assert table.notes == ("detector: mtcnn",)
    assert table.rows == (
        (3, {"file": "a.jpg", "split": "train"}),
        (4, {"file": "b.jpg", "split": ""}),
    )


@pytest.mark.parametrize(
    "content, message",
    [
        ("version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "is a Git LFS pointer"),
        ("", r"no column \['file'\]"),
        ("name,split\n", r"no column \['file'\]; found \['name', 'split'\]"),
    ],
)
def test_other_files(tmp_path, content, message):
    path = tmp_path / "a.csv"
    path.write_text(content)
    with pytest.raises(ValueError, match=rf"a\.csv: .*{message}"):
        read_csv(path, ["file"])
    with pytest.raises(FileNotFoundError, match=r"b\.csv: no such file"):
        read_csv(tmp_path / "b.csv", ["file"])
