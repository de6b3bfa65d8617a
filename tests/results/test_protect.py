"""Small cells: nobody who adds and subtracts gets at a count that is hidden, and no more is hidden than that takes."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.errors import InvalidInput
from helpers.paths import ENDPOINTS, REPORTED
from helpers.results import Record, protect
from helpers.results.disclosure import _small, _with_those_that_tell
from helpers.results.disclosure.cells import ledger
from helpers.results.disclosure.consequences import hide
from tests.results import cohort
from tests.results.attacker import CHANGES, COUNTS, Attacker, name

ROOT = Path(__file__).resolve().parents[2]

#: Digits to which people read a unit; one for all others.
DIGITS = {"correlation": 2, "odds": 2, "proportion": 2, "slope": 2, "fraction": 2, "p": 3}

few = settings(max_examples=25)
fewer = settings(max_examples=6)
trials = given(
    seed=st.integers(0, 10**6),
    patients=st.integers(8, 60),
    rare=st.sampled_from([0.1, 0.3, 0.6]),
    limit=st.integers(2, 6),
)


def committed(endpoint: str) -> list[Record]:
    rows = json.loads((ROOT / "results" / endpoint / "results.json").read_text(encoding="utf-8"))
    return [Record(**row) for row in rows]


def key(r: Record) -> str:
    return name(r)


def attack(records: list[Record], limit: int) -> list[Record]:
    """The published records, after everything that must hold of them was looked at."""
    published = protect(records, limit)
    true = {key(r): r.value for r in records}
    attacker = Attacker(published, zeros_shown=zeros_are_shown(records, limit))
    assert attacker.known() == {}
    assert attacker.rests(limit) == {}
    for r in published:
        if not r.hidden and r.statistic in COUNTS:
            assert r.value == true[key(r)]
            assert not 0 < r.value < limit, key(r)
    nothing_computed_tells(published, limit)
    assert protect(published, limit) == published
    return published


def zeros_are_shown(records: list[Record], limit: int) -> bool:
    """Whether a reader may take a hidden count for more than zero: not where only zeros were left to hide behind."""
    book = ledger(records)
    return _with_those_that_tell(book, _small(book, limit), limit, floor=1) is not None


def nothing_computed_tells(published: list[Record], limit: int) -> None:
    """Proportions, posteriors and statistics beside a hidden count."""
    at = {key(r): r for r in published}

    def hidden(analysis: str, r: Record, statistic: str, group: str, parameter: str) -> bool:
        where = f"/{r.visit}/patient/{parameter}/{group}/{statistic}"
        return any(k.startswith(f"{analysis}/") and k.endswith(where) and v.hidden for k, v in at.items())

    for r in published:
        if r.statistic in COUNTS or r.hidden or r.value is None:
            continue
        assert r.statistic not in ("min", "max")
        arms = ("KP", "VP") if r.group == "KP-VP" else (r.group,)
        if r.unit == "proportion" or r.statistic == "probability":
            assert not any(hidden(r.analysis, r, "events", g, r.parameter) for g in arms), key(r)
            own = [at.get(key(replace(r, group=g, statistic="events"))) for g in arms]
            counted = all(events and not events.hidden for events in own)  # says no more than the counts beside it
            if r.analysis.startswith("leakage.success") and r.analysis != "leakage.success_m3" and not counted:
                assert not any(hidden("leakage.success", r, "events", g, "SUCCESS") for g in arms), key(r)
        if r.method == "ancova" and r.group != "KP-VP":  # rests on the patients of the change
            main = CHANGES.get(r.analysis, r.analysis)
            where = f"{r.population}/{r.visit}/patient"
            n = at.get(f"{main}/{where}/{r.parameter}_CHG/{r.group}/n")  # recorded by the sibling analysis
        else:
            n = at.get(key(r).rsplit("/", 1)[0] + "/n")
        if n and n.hidden and r.unit_of_analysis == "patient":
            assert r.statistic not in ("se", "df"), key(r)
            assert r.value == round(r.value, DIGITS.get(r.unit, 1)), key(r)


@pytest.mark.parametrize("limit", [2, 3, 5, 10])
@pytest.mark.parametrize("endpoint", REPORTED)
def test_no_hidden_count_of_the_committed_results_can_be_recomputed(endpoint, limit):
    attack(committed(endpoint), limit)


@few
@trials
def test_no_hidden_count_of_adverse_events_can_be_recomputed_in_any_trial(seed, patients, rare, limit):
    attack(cohort.records("tolerance", seed, patients, rare=rare), limit)


@few
@trials
def test_no_hidden_count_of_leaks_can_be_recomputed_in_any_trial(seed, patients, rare, limit):
    attack(cohort.records("leakage", seed, patients, rare=rare), limit)


@pytest.mark.parametrize("endpoint", ["height", "angle", "pain", "participants", "qol", "volume_pain"])
@fewer
@trials
def test_no_hidden_number_of_patients_can_be_recomputed_in_any_trial(endpoint, seed, patients, rare, limit):
    attack(cohort.records(endpoint, seed, max(patients, 24), rare=rare), limit)


def test_the_attacker_of_these_tests_does_get_at_counts_when_only_the_small_ones_are_hidden():
    # VP of the committed results: grade 5 is the severe (6) without grades 3 (5) and 4 (0), grade 0 is 15 - 14 with any
    small = [hide(r) if r.statistic in COUNTS and r.value in (1, 2) else r for r in committed("tolerance")]
    known = {k.split("/")[4]: value for k, value in Attacker(small).known().items() if "/VP/" in k}
    assert known["GRADE5"] == 1 and known["GRADE0"] == 1


def test_a_limit_of_one_hides_nothing():
    assert all(protect(committed(endpoint), 1) == committed(endpoint) for endpoint in ENDPOINTS)


def test_records_come_back_in_their_order_with_all_but_value_and_method_as_they_were():
    records = committed("tolerance")
    published = protect(records, 3)
    assert [key(r) for r in published] == [key(r) for r in records]
    for r in published:
        assert (r.value is None and r.method.endswith(":hidden")) == r.hidden


def test_what_is_hidden_does_not_depend_on_the_order_of_the_records():
    records = committed("tolerance")
    assert {key(r) for r in protect(records, 3) if r.hidden} == {key(r) for r in protect(records[::-1], 3) if r.hidden}


def test_hiding_spares_what_tells_nothing():
    # 31 patients and a limit of 3: the main results stay (10/16 against 5/15, leakage.success of the committed results)
    published = {endpoint: protect(committed(endpoint), 3) for endpoint in ENDPOINTS}
    main = [r for r in published["leakage"] if r.analysis.startswith("leakage.success")]
    assert main and not any(r.hidden for r in main)
    contrasts = [
        r for e in ("height", "angle", "pain", "qol") for r in published[e]
        if r.group == "KP-VP" and r.statistic in ("estimate", "lower95", "upper95", "p_value")
        and ".responder" not in r.analysis
    ]  # fmt: skip
    assert contrasts and not any(r.hidden for r in contrasts)
    zeros = [r for r in published["tolerance"] if r.statistic == "events" and r.value == 0]
    assert zeros
    share = sum(r.hidden for own in published.values() for r in own) / sum(map(len, published.values()))
    assert share < 0.15


def test_an_arm_smaller_than_the_limit_is_hidden_with_everything_about_it():
    records = cohort.records("pain", 5, 5)
    published = protect(records, 3)  # KP has three patients, VP two
    shown = [r for r in published if r.group != "KP" and r.value is not None]
    assert all(r.statistic in COUNTS and (r.value == 0 or r.value >= 3) for r in shown)
    assert any(r.hidden for r in published if r.group == "KP-VP")


def test_counts_that_contradict_each_other_are_an_error_and_not_shown_as_they_are():
    records = committed("tolerance")
    at = "tolerance.worst_grade/SAF/all/patient/GRADE5/KP/events"
    wrong = [replace(r, value=9) if key(r) == at else r for r in records]
    with pytest.raises(InvalidInput, match="do not add up"):
        protect(wrong, 3)
