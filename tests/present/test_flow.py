"""The CONSORT flow diagram: every count from a record, in its arm's column, readable on a phone, nothing made up."""

import dataclasses
import re
from xml.etree import ElementTree

import pytest

from helpers.errors import InvalidInput
from helpers.present import figures, flow
from helpers.present.figures.flow import LETTERS, WIDE, _lines
from helpers.present.numbers import MARK
from helpers.results import Record
from tests.present import fabricate

SVG = "{http://www.w3.org/2000/svg}"


def records() -> list[Record]:
    return [r for made in fabricate.ALL.values() for r in made()]


def placed(svg: str) -> list[tuple[int, float, float, str]]:
    """Height, place, size and words of every text, in the order of reading."""
    found = []
    for node in ElementTree.fromstring(svg).iter(f"{SVG}text"):
        size = float(re.search(r"font-size: ([\d.]+)px", node.get("style"))[1])
        found.append((round(float(node.get("y"))), float(node.get("x")), size, node.text))
    return sorted(found)


def column(svg: str, side: str) -> list[str]:
    middle = WIDE * 72 / 2
    return [words for _, x, _, words in placed(svg) if (x < middle) == (side == "left")]


def test_each_arm_has_its_own_counts_in_its_own_column(project):
    svg = figures.consort_flow(records()).svg
    left, right = column(svg, "left"), column(svg, "right")
    # By box: allocated, treated, with the other technique, never; died, withdrawn, lost, seen; analysed for success,
    # with an image at month 3, for tolerance. The numbers are those of tests/present/made_*.py.
    counts = [[int(w) for w in words if w.isdigit()] for words in (left, right)]
    assert counts[0] == [16, 15, 1, 1, 3, 1, 0, 12, 16, 12, 15]
    assert counts[1] == [31, 15, 15, 0, 0, 4, 0, 0, 11, 15, 11, 15]  # that of the randomised stands at the right margin
    assert "kyphoplasty" in left and "vertebroplasty" in right


def test_what_precedes_randomisation_is_said_not_to_be_recorded_and_has_no_number(project):
    shown = figures.consort_flow(records())
    words = " ".join(words for *_, words in placed(shown.svg))
    before = words[: words.index("Randomised")]
    assert "not recorded in the data" in before and not re.search(r"\d", before)
    assert shown.alt.startswith("Assessed for eligibility and excluded: not recorded in the data. Randomised: 31.")
    assert "never treated, reason not recorded: 1" in shown.alt


def test_the_sentence_states_every_count_that_is_drawn(project):
    shown = figures.consort_flow(records())
    for group in ("KP", "VP"):
        for stage in flow.stages(records(), group):
            assert all(f"{name.lower()}: {count}" in shown.alt.lower() for name, count in stage.lines)


def test_letters_on_a_phone_are_at_least_nine_pixels_high(project):
    shown = figures.consort_flow(records())
    width = float(re.search(r'width="([\d.]+)pt"', shown.svg)[1])
    sizes = [size for _, _, size, words in placed(shown.svg) if "SYNTHETIC" not in words]
    assert min(sizes) * 360 / width >= 9


def test_no_line_of_a_box_runs_into_its_number(project):
    for group in ("KP", "VP"):
        for stage in flow.stages(records(), group):
            assert max(len(text) for text, _, _ in _lines(stage, LETTERS)) <= LETTERS


def test_a_hidden_count_has_the_mark_and_the_figure_explains_it(project):
    def hide(r: Record) -> Record:
        gone = r.analysis == "participants.flow" and r.parameter == "SWITCHED" and r.group == "KP"
        return dataclasses.replace(r, value=None, method="count:hidden") if gone else r

    shown = figures.consort_flow([hide(r) for r in records()])
    assert column(shown.svg, "left").count(MARK) == 1
    assert shown.note in shown.alt and f"treated with the other technique: {MARK}" in shown.alt


def test_the_set_that_was_analysed_is_the_one_that_ran(project):
    changed = [dataclasses.replace(r, population="MITT") if r.analysis == "leakage.success" else r for r in records()]
    assert "success, modified intention to treat: " in figures.consort_flow(changed).alt.lower()
    assert "success, intention to treat: " in figures.consort_flow(records()).alt.lower()


def test_a_diagram_without_the_records_of_an_arm_is_not_drawn(project):
    with pytest.raises(InvalidInput, match="Run the analysis before drawing it"):
        figures.consort_flow([r for r in records() if not (r.parameter == "DIED" and r.group == "VP")])
