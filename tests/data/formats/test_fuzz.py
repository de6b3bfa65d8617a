"""Whatever bytes lie in a folder, a reader gives tables and problems: no traceback, no crash, every place in a file."""

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from helpers.data.convert import convert_table
from helpers.data.formats import FORMATS, read_export, write_export
from helpers.data.formats.export import Export
from tests.data.formats.cohort import VARIANTS, tables_of, whole

bounded = settings(
    max_examples=20,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
INTERESTING = [
    b"\0",
    b"\xff",
    b'"',
    b",",
    b"\n",
    b"\r",
    b"{",
    b"]",
    b"null",
    b"1e999",
    b"\xef\xbb\xbf",
    b"\\ud800",
    b"",
]


def check(export: Export, codebook) -> None:
    """Frames of text, and a place for each cell and each unreadable value."""
    for problem in export.problems:
        assert problem.file and problem.rule and problem.message and problem.remedy
        str(problem).encode()
    for name in export.tables:
        text = whole(export, name)
        assert text.index.is_unique and text.index.is_monotonic_increasing
        assert not text.isna().any().any()
        for row in [*text.index[:1], *text.index[-1:], None]:
            for column in [*text.columns, None]:
                place = export.locate(name, None if row is None else int(row), column)
                assert place.file and (place.row is None or place.row >= 1)
        convert_table(name, text, codebook)


@pytest.fixture(scope="module")
def exports(codebook, tmp_path_factory):
    """Variant -> folder of a small export."""
    made = {}
    for name, (format, options) in ({"csv": ("csv", {})} | VARIANTS).items():
        made[name] = tmp_path_factory.mktemp("fuzz")
        write_export(tables_of(codebook, patients=6), made[name], codebook, format, **options)
    return made


def damage(content: bytes, seed: int) -> bytes:
    """Some bytes replaced, put in, taken out; or the end cut off; or a part doubled."""
    draw, made = random.Random(seed), bytearray(content)
    for _ in range(draw.choice([1, 1, 2, 8])):
        at = draw.randrange(len(made) + 1)
        piece = draw.choice([*INTERESTING, bytes([draw.randrange(256)])])
        made[at : at + draw.choice([0, 1, len(piece), 7])] = piece
        if draw.random() < 0.1:
            made = made[:at]
        if draw.random() < 0.1:
            made[at:at] = made[at : at + draw.randrange(200)]
    return bytes(made)


@pytest.mark.parametrize("variant", ["csv", *VARIANTS], ids=lambda name: name.replace(" ", "-"))
@bounded
@given(seed=st.integers(0, 2**32), which=st.integers(0, 100))
def test_a_damaged_export_is_read_or_told(variant, seed, which, exports, codebook):
    format = VARIANTS.get(variant, ("csv", {}))[0]
    files = sorted(path for path in exports[variant].iterdir() if path.is_file())
    path = files[which % len(files)]
    good = path.read_bytes()
    try:
        path.write_bytes(damage(good, seed))
        check(read_export(exports[variant], codebook, format), codebook)
    finally:
        path.write_bytes(good)


@pytest.mark.parametrize("variant", ["xpt 5", "xpt 8"], ids=lambda name: name.replace(" ", "-"))
@bounded
@given(seed=st.integers(0, 2**32))
def test_a_damaged_head_of_a_transport_file_never_reaches_c(variant, seed, exports, codebook):
    path, draw = exports[variant] / "ae.xpt", random.Random(seed)
    good = path.read_bytes()
    made = bytearray(good)
    for _ in range(draw.choice([1, 2, 4])):
        made[draw.randrange(560, 640 + 140 * 10)] = draw.choice([0, 0x20, 0xFF, draw.randrange(256)])
    try:
        path.write_bytes(made)
        check(read_export(exports[variant], codebook, "xpt"), codebook)
    finally:
        path.write_bytes(good)


@pytest.mark.parametrize("format", FORMATS)
@bounded
@given(content=st.binary(max_size=300) | st.text(max_size=300).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_bytes_are_read_or_told(format, content, codebook, tmp_path):
    names = {"csv": "vas.csv", "redcap": "any.csv", "xpt": "vs.xpt", "dataset-json": "vs.ndjson"}
    (tmp_path / names[format]).write_bytes(content)
    check(read_export(tmp_path, codebook, format), codebook)


cells = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)


@bounded
@given(rows=st.lists(st.lists(cells, min_size=1, max_size=6), max_size=6))
def test_any_table_of_text_is_read_as_redcap(rows, codebook, tmp_path):
    import csv

    with (tmp_path / "any.csv").open("w", encoding="utf-8", newline="") as handle:
        csv.writer(handle).writerows([["subject_id", "redcap_event_name", "verbatim", "sex", "vas_vas", "age"], *rows])
    check(read_export(tmp_path, codebook, "redcap"), codebook)
