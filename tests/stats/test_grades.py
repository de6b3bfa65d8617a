"""Worst grades. The id of the published case is that of tests/reference/cases.json."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.errors import InvalidInput
from helpers.stats.grades import MISSING, count_grades, worst_grades
from tests.stats.reference import cases

LEVELS = (1, 2, 3, 4, 5)
records = st.lists(st.tuples(st.integers(0, 6), st.sampled_from([*LEVELS, None])), max_size=25)


# tern count_occurrences_by_grade, where "Missing" is the last level and so outranks every grade (D22)
def test_highest_reproduces_the_counts_that_tern_prints():
    case = cases()["TERN-WORSTGRADE-MISSING"]
    given, printed = case["inputs"], case["expected"]["by_grade_as_printed"]
    worst = worst_grades(given["usubjid"], given["grade"], missing="highest", missing_values=("Missing",))
    found = count_grades(worst, n=given["N"])
    assert {**{str(k): v for k, v in found.counts.items()}, "Missing": found.unknown} == printed


# Notes of the same case: counting the worst known grade gives 1: 2, 2: 2, 3: 2 and none missing
def test_the_default_counts_the_worst_known_grade():
    given = cases()["TERN-WORSTGRADE-MISSING"]["inputs"]
    found = count_grades(worst_grades(given["usubjid"], given["grade"], missing_values=("Missing",)), n=given["N"])
    assert (found.counts, found.unknown) == ({1: 2, 2: 2, 3: 2, 4: 0, 5: 0}, 0)
    assert found.at_least == {1: 6, 2: 4, 3: 2, 4: 0, 5: 0}
    assert (found.n, found.units_with_record, found.among([3, 4, 5])) == (10, 6, 2)


@pytest.mark.parametrize(
    ("missing", "expected"),
    [
        ("lowest", {"a": 5, "b": 2, "c": None}),
        ("highest", {"a": None, "b": None, "c": None}),
        ("unless-top", {"a": 5, "b": None, "c": None}),
        ("drop", {"a": 5, "b": 2}),
    ],
)
def test_each_choice_does_what_it_says(missing, expected):
    units, grades = ["a", "a", "b", "b", "c"], [5, None, 2, float("nan"), pd.NA]
    assert worst_grades(units, grades, missing=missing) == expected


def test_a_missing_grade_may_be_imputed_or_refused():
    units, grades = ["a", "a", "b"], [2, None, None]
    assert worst_grades(units, grades, missing="impute", impute=3) == {"a": 3, "b": 3}
    assert worst_grades(units, [2, 4, 1], missing="refuse") == {"a": 4, "b": 1}
    with pytest.raises(InvalidInput, match="unit 'a': the grade is missing"):
        worst_grades(units, grades, missing="refuse")


def test_grades_may_be_words_in_a_stated_order():
    levels = ("MILD", "MODERATE", "SEVERE")
    worst = worst_grades([1, 1, 2], ["MODERATE", "MILD", "SEVERE"], levels=levels)
    assert worst == {1: "MODERATE", 2: "SEVERE"}
    assert count_grades(worst, n=3, levels=levels).at_least == {"MILD": 2, "MODERATE": 2, "SEVERE": 1}


def test_numbers_of_numpy_and_pandas_are_grades():
    frame = pd.DataFrame({"unit": ["a", "b"], "grade": pd.array([3, None], dtype="Int64")})
    assert worst_grades(frame["unit"], frame["grade"]) == {"a": 3, "b": None}
    assert worst_grades(np.array([1, 1]), np.array([1.0, 4.0])) == {1: 4}


def test_no_records_are_no_units():
    assert worst_grades([], []) == {}
    found = count_grades({}, n=0)
    assert (sum(found.counts.values()), found.unknown, found.n) == (0, 0, 0)


@given(records)
@settings(max_examples=80)
def test_counts_add_up_and_agree_with_pandas(rows):
    units, grades = [u for u, _ in rows], [g for _, g in rows]
    known = pd.DataFrame({"u": units, "g": pd.array(grades, dtype="Int64")}).groupby("u")["g"].max()
    worst = worst_grades(units, grades)
    assert worst == {unit: (None if pd.isna(known[unit]) else known[unit]) for unit in dict.fromkeys(units)}
    found = count_grades(worst, n=7)
    assert sum(found.counts.values()) + found.unknown == found.units_with_record == len(set(units))
    assert [found.at_least[level] for level in LEVELS] == [found.among(range(level, 6)) for level in LEVELS]
    certain = worst_grades(units, grades, missing="unless-top")
    highest = worst_grades(units, grades, missing="highest")
    for unit, grade in worst.items():  # the less is assumed of an ungraded record, the less is known
        assert certain[unit] in (grade, None)
        assert highest[unit] in (certain[unit], None)


@given(records)
@settings(max_examples=40)
def test_the_order_of_records_does_not_matter(rows):
    for missing in MISSING[:4]:
        forward = worst_grades([u for u, _ in rows], [g for _, g in rows], missing=missing)
        backward = worst_grades([u for u, _ in rows[::-1]], [g for _, g in rows[::-1]], missing=missing)
        assert forward == backward


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: worst_grades([1], [1, 2]), "one of each"),
        (lambda: worst_grades([1], [6]), "none of"),
        (lambda: worst_grades([1], ["3"]), "none of"),
        (lambda: worst_grades([None], [3]), "unit is missing"),
        (lambda: worst_grades([1], [3], levels=(1, 1)), "each once"),
        (lambda: worst_grades([1], [3], levels=()), "at least one"),
        (lambda: worst_grades([1], [3], missing="last"), "missing is 'last'"),
        (lambda: worst_grades([1], [3], missing="impute"), "impute"),
        (lambda: worst_grades([1], [3], impute=3), "impute"),
        (lambda: worst_grades([1], [3], missing="impute", impute=9), "impute"),
        (lambda: count_grades({1: 3, 2: 1}, n=1), "n is 1"),
        (lambda: count_grades({1: 9}, n=1), "none of"),
        (lambda: count_grades({1: 3}, n=1).among([7]), "none of"),
    ],
)
def test_what_is_no_record_is_refused(call, words):
    with pytest.raises(InvalidInput, match=words):
        call()
