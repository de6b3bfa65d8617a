"""Tables on disk: types survive, bytes depend on the values alone, what the codebook forbids is not written."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.codebook import Column
from helpers.data.convert import convert_table
from helpers.data.load import read_parts, read_table
from helpers.data.tables import conform, writing
from helpers.errors import ConfigError

COLUMNS = {
    "id": Column(label="key", type="string", required=True),
    "count": Column(label="whole number, always there", type="integer", required=True),
    "grade": Column(label="whole number", type="integer"),
    "size": Column(label="decimal", type="decimal"),
    "day": Column(label="date", type="date"),
    "arm": Column(label="code", type="string"),
}
FRAME = pd.DataFrame(
    {
        "id": ["b", "a"],
        "count": [2, 1],
        "grade": [None, 3],
        "size": [1.5, None],
        "day": [pd.Timestamp("2018-03-17"), pd.NaT],
        "arm": ["KP", None],
    }
)


def written(folder, **tables):
    """Each table of these columns in a file of its name, as one part."""
    with writing(folder, dict.fromkeys(tables, COLUMNS)) as write:
        for name, frame in tables.items():
            write(name, frame)


def test_types_survive_writing_and_reading(tmp_path):
    frame = conform(FRAME, COLUMNS, ("id",), name="test")
    written(tmp_path, t=frame)
    back = read_table(tmp_path / "t.parquet")
    assert back.equals(frame)
    assert back.dtypes.astype(str).tolist() == ["str", "int64", "Int64", "float64", "datetime64[ms]", "str"]


def test_a_column_that_may_be_empty_keeps_its_type_when_nothing_is(tmp_path):
    frame = conform(FRAME.assign(grade=[1, 2]), COLUMNS, ("id",), name="test")
    written(tmp_path, t=frame)
    assert str(read_table(tmp_path / "t.parquet")["grade"].dtype) == "Int64"


def test_a_table_without_rows_keeps_its_types(tmp_path):
    frame = conform(FRAME[:0], COLUMNS, ("id",), name="test")
    written(tmp_path, t=frame)
    assert read_table(tmp_path / "t.parquet").equals(frame)


def test_a_table_in_parts_reads_back_part_by_part_and_as_a_whole(tmp_path):
    frame = conform(FRAME, COLUMNS, ("id",), name="test")
    parts = [frame[:1], frame[:0], frame[1:].reset_index(drop=True)]
    with writing(tmp_path, {"t": COLUMNS, "empty": COLUMNS}) as write:
        for part in parts:
            write("t", part)
            write("empty", frame[:0])
    assert read_table(tmp_path / "t.parquet").equals(frame)
    read = list(read_parts(tmp_path, ["t", "empty"]))
    assert all(back["t"].equals(part) for back, part in zip(read, parts, strict=True))
    assert all(back["empty"].equals(frame[:0]) for back in read)


def test_the_bytes_do_not_depend_on_index_attributes_or_the_order_of_rows(tmp_path):
    one = conform(FRAME, COLUMNS, ("id",), name="test")
    other = FRAME.set_index(pd.Index([7, 3], name="row"))[::-1]
    other.attrs["made"] = "by hand"
    written(tmp_path, one=one)
    written(tmp_path, two=conform(other, COLUMNS, ("id",), name="test"))
    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "two.parquet").read_bytes()


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (FRAME.drop(columns="size"), "test: the codebook declares size"),
        (FRAME.assign(count=[1, None]), "test: count must not be empty"),
        (FRAME.assign(id=["a", "a"]), "test: the key id is not unique"),
    ],
)
def test_a_frame_that_disagrees_with_its_declaration_is_an_error(frame, message):
    with pytest.raises(ConfigError, match=message):
        conform(frame, COLUMNS, ("id",), name="test")


@settings(max_examples=60)
@given(text=st.text(st.sampled_from("0123456789.,-+eENan /"), max_size=8))
def test_a_cell_is_a_number_only_if_it_is_written_as_one(codebook, text):
    """Whatever is in a cell, it is read exactly, found unreadable, or empty: it is never something else."""
    text = text.strip()
    cells = pd.DataFrame({"vas": [text]}, index=[2])
    values, findings = convert_table("vas", cells, codebook)
    if text == "":
        assert values["vas"].isna().all()
        assert findings == []
    elif findings:
        assert values["vas"].isna().all()
        assert (findings[0].row, findings[0].rule) == (2, "type")
    else:
        assert values.at[2, "vas"] == float(text)
        assert not set(text) & set("eENan, /")
