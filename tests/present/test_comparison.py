"""A comparison in words, over made sides."""

import re
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from helpers.present import numbers
from helpers.present.comparison import as_markdown, as_text
from helpers.results.compare import compare
from helpers.results.snapshot import Source
from tests.results.sides import SYNTHETIC, compared, interval, number, posterior, side

pytestmark = pytest.mark.usefixtures("project")
BANNER = "SYNTHETIC DATA, NOT TRIAL RESULTS"


def count(value, **about):
    return number(value, statistic="n", unit="patients", **about)


def test_nothing_changed_is_said_with_what_to_do_if_code_changed():
    said = as_text(compared([number()], [number()]))
    assert said.splitlines()[:2] == ["From HEAD (abababa) to the working tree", BANNER]
    assert "0 of 1 numbers changed; no conclusion crossed a line" in said
    assert "run `kypho repro` first" in said


def test_a_change_names_analysis_number_both_values_and_the_difference():
    old = [number(-0.42), *interval(-1.5, 0.14), count(16, group="KP"), number(0.3, statistic="p_value", unit="p")]
    new = [number(-0.61), *interval(-1.7, -0.2), count(15, group="KP"), number(0.04, statistic="p_value", unit="p")]
    lines = as_text(compared(old, new)).splitlines()
    assert "5 of 5 numbers changed; 1 conclusion crossed a line" in lines
    assert "1 of those changed is a p-value; nothing is concluded from that." in lines
    assert (
        "    Pain (VAS), difference, month 3: the 95 % interval now excludes 0, −1.5 to 0.14 → −1.7 to −0.20" in lines
    )
    body = "\n".join(lines)
    assert "  Pain, visual analogue scale (pain.vas, section 5.4.1)\n    Pain (VAS), kyphoplasty, month 3\n" in body
    assert re.search(r"number analysed +16 → 15 +−1 \(−6\.3 %\)", body)
    assert re.search(r"estimate +−0\.42 → −0\.61 +−0\.19 points", body)
    assert re.search(r"p-value +0\.300 → 0\.040 +−0\.260", body)
    assert "signific" not in body


def test_a_probability_is_said_to_be_above_or_below_its_line():
    assert "the probability is now above 0.95, 0.943 → 0.961" in as_text(
        compared([posterior(0.943)], [posterior(0.961)])
    )
    assert "is now below 0.9 and 0.95, 0.96 → 0.86" in as_text(compared([posterior(0.96)], [posterior(0.86)]))


def test_what_has_no_number_is_shown_as_what_it_is():
    lost, hidden = number(None, method="mmrm-un-kr:no-events"), count(None, method="count:hidden")
    text = as_text(compared([number(), count(3, method="count")], [lost, hidden]))
    assert "−0.4 points → not estimable (no events)" in text
    assert "the estimate is not estimable any more, −0.4 points → not estimable (no events)" in text
    assert f"3 → {numbers.MARK}" in text
    assert f"{numbers.MARK} stands for a number that is not shown" in text


def test_numbers_that_appear_or_vanish_stand_beside_a_dash():
    text = as_text(compared([number(visit="D1")], [number(visit="D21")]))
    assert "0 of 0 numbers changed, 1 appeared, 1 vanished" in text
    assert re.search(r"−0\.4 points → – +gone", text) and re.search(r"– → −0\.4 points +new", text)


def test_another_description_is_said_once_an_analysis():
    old = [number(visit=v) for v in ("D1", "D21", "M3")]
    text = as_text(compared(old, [replace(r, population="PP") for r in old]))
    assert "3 more have the same value and another analysis set, method or section." in text
    assert "analysis set ITT → PP: pain.vas (3 numbers)" in text


def test_what_the_plan_does_not_have_keeps_its_id():
    old = number(analysis="pain.gone", parameter="OLD_SCORE", visit="M6", endpoint="sleep")
    text = as_text(compared([old], [replace(old, value=1.0)]))
    assert "sleep: 1 changed" in text and "pain.gone (not in the plan)" in text and "M6" in text


def test_synthetic_and_real_are_not_comparable_as_findings_and_each_side_says_what_it_is():
    real = Source("", "export lyon, 31 patients", "1" * 12)
    found = compare(side(number()), side(number(0.4), name="main", commit="cd" * 20, source=real))
    for said in (as_text(found), as_markdown(found).replace("\\", "")):
        assert f"HEAD (abababa): {BANNER}" in said and "main (cdcdcdc): data of an export" in said
        assert "NOT COMPARABLE AS FINDINGS" in said
        assert "Other data: synthetic twin, 31 patients" in said


def test_without_a_record_of_the_data_that_is_said():
    assert "NO RECORD SAYS WHETHER THE DATA ARE SYNTHETIC" in as_text(
        compare(side(number(), source=Source()), side(number(), source=Source()))
    )


def test_the_comment_has_banner_counts_crossings_and_a_folded_table_an_endpoint():
    old = [number(-0.42), *interval(-1.5, 0.14), posterior(0.943)]
    new = [number(-0.61), *interval(-1.7, -0.2), posterior(0.961)]
    lines = as_markdown(compared(old, new)).splitlines()
    assert lines[0].strip() == f"> **{BANNER}**"
    assert lines[2] == "### 4 of 4 numbers changed; 2 conclusions crossed a line"
    places = [next(i for i, line in enumerate(lines) if start in line) for start in ("**Crossed", "<details>")]
    assert places == sorted(places)
    assert [line for line in lines if line.startswith("<details>")] == [
        "<details><summary>Cement leakage: 1 changed</summary>",
        "<details><summary>Pain: 3 changed</summary>",
    ]
    assert lines.count("</details>") == 2
    assert "| `pain.vas` | Pain (VAS), difference, month 3 | estimate | −0.42 | −0.61 | −0.19 points |" in lines
    assert "|  |  | lower 95 % limit | −1.5 | −1.7 | −0.2 points |" in lines


def test_a_term_of_an_export_is_no_markup_in_a_comment_and_calls_nobody():
    term = "Pain <img src=x> @someone | [link](http://x)"
    found = compared([number(parameter=term)], [number(1.0, parameter=term)])
    said = as_markdown(found)
    bare = re.sub(r"\\.", "", said)
    assert "<img" not in bare and "](" not in bare and "@someone" not in said and "img src" in said
    (row,) = [line for line in said.splitlines() if "someone" in line]
    assert len(re.findall(r"(?<!\\)\|", row)) == 7


def test_a_comment_stays_below_the_limit_and_says_how_many_changes_are_left_out_and_where_they_are():
    codes = [f"Term number {i} with a rather long name that takes room" for i in range(900)]
    old = [number(parameter=c) for c in codes] + [posterior(0.1 + i / 1000, parameter=f"P{i}") for i in range(90)]
    new = [replace(r, value=r.value + 0.85) for r in old]
    found = compared(old, new)
    said = as_markdown(found)
    assert len(said.encode()) < 65_536
    kept = sum(line.startswith("| ") and "| Analysis" not in line for line in said.splitlines())
    (left, of) = map(int, re.search(r"(\d+) of (\d+) changes are left out here", said).groups())
    assert (kept + left, of) == (990, 990) and left > 0
    assert "All of them: `kypho compare abababababab`" in said
    assert said.count("<details>") == said.count("</details>") == 2
    assert len(as_text(found).splitlines()) > 990


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.floats(-1e6, 1e6), st.floats(-1e6, 1e6), st.sampled_from(["points", "proportion", "df", "p", "odds", "patients"])
)
def test_two_numbers_that_differ_are_told_apart(one, other, unit):
    old, new = number(one).value, number(other).value
    a, b, gap = numbers.apart(old, new, unit)
    assert (a != b) == (old != new)
    assert gap.startswith("+" if new >= old else numbers.MINUS)


@pytest.mark.parametrize(
    ("old", "new", "unit", "said"),
    [
        (0.5, 0.5625, "proportion", ("50.0", "56.3", "+6.3")),
        (16, 15, "patients", ("16", "15", "−1")),
        (1.24, 1.36, "mm", ("1.24", "1.36", "+0.12")),
        (0.9428, 0.9304, "probability", ("0.943", "0.930", "−0.012")),
        (4.561e-11, 1.5e-12, "probability", ("4.6e−11", "1.5e−12", "−4.4e−11")),
        (12.0, 12.5, "df", ("12.0", "12.5", "+0.5")),
    ],
)
def test_digits_are_those_that_show_two_of_the_difference(old, new, unit, said):
    assert numbers.apart(old, new, unit) == said


def test_the_banner_of_both_sides_is_said_once():
    assert as_text(compare(side(number()), side(number(1.0)))).count(BANNER) == 1
    assert as_markdown(compare(side(number(), source=SYNTHETIC), side(number(1.0)))).count(BANNER) == 1
