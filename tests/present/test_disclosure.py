"""Where a number is not shown: the mark, its footnote, and nothing else of it in any form of an exhibit."""

import csv
import io
import json
from pathlib import Path

import pytest

from helpers.present import disclosure, figures, sentences, spans, tables
from helpers.present.numbers import MARK
from helpers.results import Record
from tests.present.conftest import ROOT

TABLES = (
    (tables.participants_flow, "participants"),
    (tables.baseline, "participants"),
    (tables.tolerance_classes, "tolerance"),
    (tables.tolerance_related, "tolerance"),
    (tables.tolerance_time, "tolerance"),
    (tables.deaths, "pain"),
    (tables.responders, "pain"),
    (tables.tolerance_grade, "tolerance"),
    (tables.tolerance_overview, "tolerance"),
    (tables.tolerance_terms, "tolerance"),
    (tables.leakage_characteristics, "leakage"),
    (tables.pain_vas, "pain"),
    (tables.qol_dallas, "qol"),
)
DRAWN = (
    (figures.survival, "participants"),
    (figures.responders, "pain"),
    (figures.tolerance_grade, "tolerance"),
    (figures.tolerance_events, "tolerance"),
    (figures.leakage_characteristics, "leakage"),
    (figures.volume_tertiles, "volume_pain"),
)


def committed(endpoint: str) -> list[Record]:
    rows = json.loads((ROOT / "results" / endpoint / "results.json").read_text(encoding="utf-8"))
    return [Record(**row) for row in rows]


@pytest.fixture
def limited(own_project: Path) -> Path:
    """A project with synthetic data that shows no count below three patients."""
    path = own_project / "data/processed/provenance.json"
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | {"min_cell": 3}), encoding="utf-8")
    return own_project


@pytest.mark.parametrize(("table", "endpoint"), TABLES)
def test_a_table_with_the_mark_has_the_footnote_with_the_limit(limited, table, endpoint):
    shown = table(committed(endpoint))
    assert MARK in shown.markdown
    assert "fewer than 3 patients" in shown.note
    assert shown._repr_mimebundle_()[1]["kypho"]["note"] == shown.note


@pytest.mark.parametrize(("exhibit", "endpoint"), (*TABLES, *DRAWN))
def test_the_csv_keeps_the_line_of_a_hidden_number_without_its_value(limited, exhibit, endpoint):
    rows = list(csv.DictReader(io.StringIO(exhibit(committed(endpoint)).csv)))
    hidden = [row for row in rows if row["method"].endswith(":hidden")]
    assert hidden and all(row["value"] == "" for row in hidden)
    small = [r for r in rows if r["statistic"] in ("events", "n", "missing") and r["value"] in ("1", "2")]
    assert small == []
    assert not any(row["value"] for row in rows if row["statistic"] in ("min", "max"))


def test_a_figure_says_the_same_in_its_words_and_explains_the_mark_there_too(limited):
    shown = figures.tolerance_grade(committed("tolerance"))
    assert MARK in shown.svg and MARK in shown.alt
    assert shown.note and shown.note in shown.alt


def test_an_exhibit_that_hides_nothing_has_no_footnote(limited):
    assert tables.leakage_success(committed("leakage")).note == ""
    assert figures.leakage_success(committed("leakage")).note == ""


def test_a_sentence_names_no_hidden_count_and_says_that_it_is_hidden(limited):
    # committed results: any adverse event in 13/15 and 14/15, fatal in 0/15 and 1/15
    text = spans.plain(sentences.summary("tolerance", committed("tolerance")).text)
    assert "13" not in text and "14" not in text and "1/15" not in text.replace("0/15", "")
    assert f"fatal in 0/15 and {MARK}" in text and disclosure.footnote(3) in text


def test_variables_hold_the_mark_in_the_place_of_a_hidden_number(limited):
    tolerance = disclosure.publishable(committed("tolerance"))
    worded = {spans.path(r): spans.worded(r) for r in tolerance}
    assert worded["tolerance", "overview", "aedth", "all", "vp", "events"] == MARK
    assert worded["tolerance", "overview", "aedth", "all", "kp", "events"] == "0"


def test_terms_stand_in_the_order_of_what_is_shown_of_them(limited):
    # shown of the committed results: Hematoma 5 and 0, Back pain 5 in VP only, Dyspnea nothing
    names = [row[0] for row in tables.tolerance_terms(committed("tolerance")).rows]
    assert names.index("Dyspnea") > names.index("Fever")


def test_a_limit_of_one_shows_every_number_without_a_footnote(project):
    shown = tables.tolerance_grade(committed("tolerance"))
    assert MARK not in shown.markdown and shown.note == ""


@pytest.mark.parametrize(("limit", "words"), [(2, "a single patient"), (5, "fewer than 5 patients")])
def test_the_footnote_names_the_limit_in_words(limit, words):
    assert words in disclosure.footnote(limit)
