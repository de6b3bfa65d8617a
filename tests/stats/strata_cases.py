"""Strata of the reference cases as the functions take them, and small random strata."""

from hypothesis import strategies as st
from pytest import approx

from tests.stats.reference import cases, tolerance

arms = st.integers(1, 25).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
some_strata = st.lists(st.tuples(arms, arms), min_size=1, max_size=4).map(
    lambda rows: tuple(list(column) for column in zip(*((*a, *b) for a, b in rows), strict=True))
)


def strata(id):
    """Events, units, events and units of the reference, by stratum."""
    rows = cases()[id]["inputs"]["strata"]
    return [[row[key] for row in rows] for key in ("x1", "n1", "x2", "n2")]


def from_tables(id):
    """The same where a case has two by two tables."""
    tables = cases()[id]["inputs"]["tables"]
    return [[t[row][0] if events else sum(t[row]) for t in tables] for row in (0, 1) for events in (True, False)]


def close(id, key, found):
    """The published figure within its tolerance, and the independent implementation's to nine digits."""
    case = cases()[id]
    assert found == approx(case["expected"][key], abs=tolerance(case, key))
    assert found == approx(case["computed"][key], rel=1e-8, abs=1e-9)
