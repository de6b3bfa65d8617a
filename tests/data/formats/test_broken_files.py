"""A broken file of any format is a problem with its file, a rule and a remedy, never a traceback."""

import json
import os

import pytest

from helpers.data.formats import FORMATS, read_export
from helpers.data.formats.xpt_layout import RECORD, layout
from tests.data.formats.cohort import delivered, rules, tables_of, whole

ONE = {"csv": "vas.csv", "redcap": "redcap.csv", "xpt": "vs.xpt", "dataset-json": "vs.json"}


@pytest.fixture(params=FORMATS)
def laid(request, codebook, tmp_path):
    """Format, folder and one file of an export."""
    delivered(tables_of(codebook), tmp_path / "export", codebook, request.param)
    return request.param, tmp_path / "export", tmp_path / "export" / ONE[request.param]


def test_a_link_out_of_the_folder_is_not_followed(laid, codebook):
    format, folder, path = laid
    outside = folder.parent / "elsewhere"
    path.rename(outside)
    path.symlink_to(outside)
    export = read_export(folder, codebook, format)
    (problem,) = [p for p in export.problems if p.rule == "outside-folder"]
    assert problem.file.endswith(path.name)
    assert outside not in export.files and path not in export.files


def test_a_folder_in_the_place_of_a_file_is_told(laid, codebook):
    format, folder, path = laid
    path.unlink()
    path.mkdir()
    assert "not-a-file" in rules(read_export(folder, codebook, format))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_file_that_may_not_be_read_is_told(laid, codebook):
    format, folder, path = laid
    path.chmod(0)
    assert "unreadable" in rules(read_export(folder, codebook, format))


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"\x00" * 4000, b"{", b"[" * 200_000, b"PK\x03\x04"])
def test_a_file_of_something_else_is_told(content, laid, codebook):
    format, folder, path = laid
    path.write_bytes(content)
    problems = read_export(folder, codebook, format).problems
    assert any(problem.file.endswith(path.name) and problem.remedy for problem in problems)


def test_a_file_cut_in_the_middle_is_told(laid, codebook):
    format, folder, path = laid
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2 + 1])
    assert rules(read_export(folder, codebook, format))


def test_a_cell_of_ten_megabytes_is_told_or_read(laid, codebook):
    format, folder, path = laid
    if format == "xpt":  # its variables are of a fixed width, a longer one is no file of its layout
        return
    content = path.read_text(encoding="utf-8")
    path.write_text(content.replace("SYN-01-001", "S" * 10_000_000, 1), encoding="utf-8")
    export = read_export(folder, codebook, format)
    assert export.problems or any("S" * 1000 in cell for cell in whole(export, "stature")["subject_id"])


@pytest.mark.parametrize("width", [60, 1_000_000])
def test_a_header_of_very_many_columns_is_told_in_few_words(width, codebook, tmp_path):
    delivered(tables_of(codebook), tmp_path, codebook, "csv")
    header = ",".join(f"c{k}" for k in range(width))
    (tmp_path / "vas.csv").write_text(header + "\n", encoding="utf-8")
    found = [p for p in read_export(tmp_path, codebook, "csv").problems if p.rule == "extra-column"]
    assert len(found) == 51


def test_a_header_in_another_case_is_recognised_and_told(codebook, tmp_path):
    delivered(tables_of(codebook), tmp_path, codebook, "csv")
    path = tmp_path / "vas.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("vas_date", "Vas Date", 1), encoding="utf-8")
    (found,) = [p for p in read_export(tmp_path, codebook, "csv").problems if p.rule == "extra-column"]
    assert found.remedy == "Did you mean vas_date?"


@pytest.fixture
def changed(codebook, tmp_path):
    """Change the JSON of vs.json and give the problems there."""
    delivered(tables_of(codebook), tmp_path, codebook, "dataset-json")
    path = tmp_path / "vs.json"

    def change(how):
        content = json.loads(path.read_text(encoding="utf-8"))
        content = how(content) or content
        path.write_text(json.dumps(content), encoding="utf-8")
        return [p for p in read_export(tmp_path, codebook, "dataset-json").problems if p.file.endswith("vs.json")]

    return change


@pytest.mark.parametrize(
    ("rule", "how"),
    [
        ("json", lambda c: c.pop("rows") and None),
        ("json", lambda c: {"rows": {}}),
        ("json", lambda c: [1]),
        ("json", lambda c: c["rows"][0].__setitem__(0, float("nan"))),
        ("version", lambda c: c.update(datasetJSONVersion="1.0.0")),
        ("version", lambda c: c.pop("datasetJSONVersion") and None),
        ("missing-header", lambda c: c.update(columns=[1])),
        ("missing-header", lambda c: c["columns"][0].pop("name") and None),
        ("missing-header", lambda c: c["columns"][0].update(dataType="blob")),
        ("missing-header", lambda c: c["columns"][0].update(name="a\ud800b")),
        ("version", lambda c: c.update(datasetJSONVersion="\ud800")),
        ("dataset-name", lambda c: c.update(name="\ud800")),
        ("dataset-name", lambda c: c.update(name="VZ")),
        ("truncated", lambda c: c["rows"].pop() and None),
        ("row-length", lambda c: c["rows"][3].pop() and None),
        ("row-length", lambda c: c["rows"].__setitem__(3, {"a": 1})),
        ("duplicate-column", lambda c: c["columns"][0].update(name="USUBJID")),
        ("json-type", lambda c: c["rows"][3].__setitem__(0, 7)),
        ("json-type", lambda c: c["rows"][3].__setitem__(0, [[]])),
        ("encoding", lambda c: c["rows"][3].__setitem__(0, "a\0b")),
        ("encoding", lambda c: c["rows"][3].__setitem__(0, "a\ud800b")),
    ],
)
def test_dataset_json_that_is_not_as_the_standard_says_is_told(rule, how, changed):
    found = [p for p in changed(how) if p.rule == rule]
    assert found
    str(found[0]).encode("utf-8")
    if rule in ("row-length", "json-type", "encoding"):
        assert found[0].row == 4


@pytest.fixture(params=[5, 8])
def transport(request, codebook, tmp_path):
    delivered(tables_of(codebook), tmp_path, codebook, "xpt", version=request.param)
    path = tmp_path / "vs.xpt"

    def change(how):
        content = bytearray(path.read_bytes())
        content = how(content, layout(bytes(content))) or content
        path.write_bytes(content)
        return [p for p in read_export(tmp_path, codebook, "xpt").problems if p.file.endswith("vs.xpt")]

    return change


def _put(place, what):
    return lambda content, found: content.__setitem__(slice(place, place + len(what)), what)


@pytest.mark.parametrize(
    ("rule", "how"),
    [
        ("xpt-header", _put(0, b"XEADER")),
        ("xpt-header", _put(240, b"XEADER")),
        ("xpt-header", _put(314, b"0136")),
        ("xpt-header", _put(560, b"XEADER")),
        ("xpt-header", _put(640, b"\0\3")),
        ("xpt-header", _put(644, b"\x7f\xff")),
        ("xpt-header", _put(644, b"\0\0")),
        ("xpt-header", _put(640 + 84, b"\0\0\0\5")),
        ("dataset-name", _put(408, b"DM")),
        ("truncated", lambda content, found: content[:-1]),
        ("truncated", lambda content, found: content[: -3 * RECORD]),
        ("encoding", lambda content, found: content.__setitem__(found.start + 9, 0)),
        ("encoding", lambda content, found: content.__setitem__(found.start + 9, 0xE9)),
    ],
)
def test_a_transport_file_that_is_not_as_its_layout_says_is_told(rule, how, transport):
    (found,) = transport(how)
    assert found.rule == rule
    assert found.remedy
    if rule == "encoding":
        assert found.row == 1
