"""Every kind of change between two sides, over made records."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.results.compare import as_json, compare
from helpers.results.snapshot import IDENTITY, Source, key
from tests.results.sides import SYNTHETIC, compared, interval, number, posterior, side


def kinds(comparison) -> list[str]:
    return [change.kind for change in comparison.changes]


def test_a_number_equal_to_twelve_digits_is_unchanged_and_one_that_differs_in_the_twelfth_is_not():
    assert not compared([number(0.1 + 0.2)], [number(0.3)]).changes
    (change,) = compared([number(0.3)], [number(0.300000000001)]).changes
    assert change.kind == "changed" and change.difference == 1e-12


def test_a_changed_number_has_its_difference_and_its_part_where_that_means_something():
    (change,) = compared(
        [number(20, statistic="n", unit="patients")], [number(15, statistic="n", unit="patients")]
    ).changes
    assert (change.kind, change.difference, change.relative) == ("changed", -5, -0.25)
    (change,) = compared([number(-0.4)], [number(0.2)]).changes
    assert (change.difference, change.relative) == (0.6, None)
    (change,) = compared(
        [number(0, statistic="n", unit="patients")], [number(3, statistic="n", unit="patients")]
    ).changes
    assert (change.difference, change.relative) == (3, None)


def test_records_appear_and_vanish():
    found = compared([number(), number(visit="D1")], [number(), number(visit="D21")])
    assert found.compared == 1
    assert [(c.kind, c.record.visit) for c in found.changes] == [("vanished", "D1"), ("appeared", "D21")]


def test_the_same_number_of_another_set_method_or_section_is_described_differently():
    (change,) = compared([number()], [number(population="PP", method="ancova", sap="5.4.2")]).changes
    assert change.kind == "described" and change.difference == 0
    assert change.redescribed == {
        "population": ("ITT", "PP"),
        "method": ("mmrm-un-kr", "ancova"),
        "sap": ("5.4.1", "5.4.2"),
    }


def test_another_set_is_a_change_of_the_number_and_not_another_number():
    (change,) = compared([number()], [number(-0.5, population="PP")]).changes
    assert change.kind == "changed" and change.redescribed == {"population": ("ITT", "PP")}


def test_a_number_in_another_unit_has_changed_and_no_difference():
    (change,) = compared([number()], [number(unit="mm")]).changes
    assert (change.kind, change.difference) == ("changed", None)


@pytest.mark.parametrize(
    ("old", "new", "about", "now"),
    [
        ((-1.2, 0.1), (-1.3, -0.1), {}, "excludes"),
        ((0.1, 1.2), (-0.1, 1.2), {}, "includes"),
        ((0.8, 3.0), (1.1, 3.0), {"unit": "odds", "method": "win-odds"}, "excludes"),
        ((0.4, 0.8), (0.52, 0.8), {"unit": "proportion", "method": "relative-effect"}, "excludes"),
        ((-0.1, 0.5), (0.1, 0.5), {"unit": "correlation", "method": "spearman-bca", "group": "all"}, "excludes"),
        ((-1.2, 0.1), (-1.3, 0.0), {}, None),  # a limit upon the null includes it
        ((-1.2, -0.1), (0.1, 1.2), {}, None),  # excluded on either side; the estimate tells
        ((0.8, 3.0), (-0.1, 3.0), {"unit": "odds", "method": "win-odds"}, None),
        ((-1.2, 0.1), (-1.3, -0.1), {"group": "KP", "method": "ancova"}, None),
        ((-5.0, 9.0), (2.0, 9.0), {"unit": "nnt", "method": "reciprocal-miettinen-nurminen"}, None),
    ],
)
def test_an_interval_crosses_the_value_of_no_effect(old, new, about, now):
    crossings = compared(interval(*old, **about), interval(*new, **about)).crossings
    assert [c.now for c in crossings] == ([now] if now else [])
    if now:
        assert crossings[0].kind == "interval"
        assert tuple(r.value for r in crossings[0].new) == new


@pytest.mark.parametrize(
    ("old", "new", "lines", "now"),
    [
        (0.943, 0.951, (0.95,), "above"),
        (0.89, 0.96, (0.9, 0.95), "above"),
        (0.95, 0.9499, (0.95,), "below"),
        (0.91, 0.94, (), None),
        (0.1, 0.3, (), None),
    ],
)
def test_a_posterior_probability_passes_its_lines(old, new, lines, now):
    crossings = compared([posterior(old)], [posterior(new)]).crossings
    assert [(c.lines, c.now) for c in crossings] == ([(lines, now)] if now else [])


def test_a_p_value_crosses_nothing():
    for about in ({"statistic": "p_value", "unit": "p"}, {"statistic": "probability", "method": "prior-predictive"}):
        found = compared([number(0.2, **about)], [number(0.96, **about)])
        assert kinds(found) == ["changed"] and not found.crossings


def test_an_estimate_that_cannot_be_estimated_any_more_has_crossed_a_line_and_a_hidden_one_has_not():
    lost, hidden = number(None, method="mmrm-un-kr:singular"), number(None, method="mmrm-un-kr:hidden")
    (crossing,) = compared([number()], [lost]).crossings
    assert (crossing.kind, crossing.now) == ("estimable", "not estimable")
    assert compared([lost], [number()]).crossings[0].now == "estimable"
    for other in (number(), lost):
        found = compared([other], [hidden])
        assert kinds(found) == ["changed"] and not found.crossings


def test_an_interval_that_cannot_be_estimated_any_more_crosses_once():
    lost = [replace(r, value=None, method="wilson:no-events") for r in interval(0.1, 0.2)]
    (crossing,) = compared(interval(0.1, 0.2, method="wilson"), lost).crossings
    assert (crossing.kind, crossing.now, len(crossing.new)) == ("estimable", "not estimable", 2)


def test_another_reason_is_a_change():
    old, new = (number(None, method=f"mmrm-un-kr:{reason}") for reason in ("singular", "too-few"))
    assert kinds(compared([old], [new])) == ["changed"]


@pytest.mark.parametrize(
    ("old", "new", "changed", "comparable"),
    [
        (SYNTHETIC, SYNTHETIC, False, True),
        (SYNTHETIC, replace(SYNTHETIC, checksum="0" * 12), True, True),
        (SYNTHETIC, Source("", "export lyon, 31 patients", "1" * 12), True, False),
        (Source("", "export lyon", "1" * 12), Source("BLINDED, TREATMENT ARMS PERMUTED", "", "1" * 12), False, False),
        (Source(md5="a.dir"), Source(md5="b.dir"), True, None),
        (SYNTHETIC, Source(), None, None),
    ],
)
def test_it_is_said_whether_other_data_ran_and_whether_findings_can_be_compared(old, new, changed, comparable):
    found = compare(side(number(), source=old), side(number(), source=new))
    assert (found.data_changed, found.comparable) == (changed, comparable)
    assert found.differs == (changed is True)


VALUES = st.one_of(st.none(), st.floats(-2, 2), st.integers(0, 40))
RECORDS = st.lists(
    st.builds(
        number,
        value=VALUES,
        visit=st.sampled_from(["D1", "D21", "M3"]),
        group=st.sampled_from(["KP", "VP", "KP-VP"]),
        statistic=st.sampled_from(["n", "estimate", "lower95", "upper95", "probability", "p_value"]),
        unit=st.sampled_from(["points", "odds", "proportion"]),
        method=st.sampled_from(["welch", "beta-binomial", "mean-t", "welch:hidden", "welch:too-few"]),
        population=st.sampled_from(["ITT", "PP"]),
    ),
    max_size=12,
    unique_by=key,
)


@given(RECORDS)
def test_nothing_differs_from_itself(records):
    found = compare(side(*records), side(*records))
    assert (found.changes, found.crossings, found.compared) == ((), (), len(records))


OPPOSITE = {"appeared": "vanished", "vanished": "appeared"}
BACK = {"excludes": "includes", "above": "below", "estimable": "not estimable"}
BACK |= {after: before for before, after in BACK.items()}


@given(RECORDS, RECORDS)
def test_the_way_back_is_the_mirror_of_the_way_there(one, other):
    there, back = compare(side(*one), side(*other)), compare(side(*other), side(*one))
    assert len(there.changes) == len(back.changes)
    for a, b in zip(there.changes, back.changes, strict=True):
        assert (a.old, a.new) == (b.new, b.old)
        assert a.kind == OPPOSITE.get(b.kind, b.kind)
        assert a.difference == (None if b.difference is None else -b.difference)
    assert [(c.kind, c.now, c.old, c.new) for c in there.crossings] == [
        (c.kind, BACK[c.now], c.new, c.old) for c in back.crossings
    ]


@given(RECORDS, RECORDS)
def test_every_number_is_counted_once_and_json_is_sorted_by_what_it_is(one, other):
    found = compare(side(*one), side(*other))
    written = json.loads(json.dumps(as_json(found)))
    places = [[change[name] for name in IDENTITY] for change in written["changes"]]
    assert places == sorted(places)
    counts = written["counts"]
    assert counts["compared"] + counts["vanished"] == len(one)
    assert counts["compared"] + counts["appeared"] == len(other)
    assert len(places) == sum(counts[kind] for kind in ("changed", "appeared", "vanished", "described"))
    assert len(written["crossings"]) == counts["crossings"]


def test_the_form_of_the_json_is_fixed():
    hidden = number(None, statistic="n", unit="patients", method="count:hidden")
    written = as_json(
        compared([*interval(-1, 0.5), hidden], [*interval(-1, -0.5), number(3, statistic="n", unit="patients")])
    )
    assert list(written) == ["schema", "old", "new", "data_changed", "comparable", "counts", "crossings", "changes"]
    assert written["schema"] == 1
    assert written["new"]["commit"] is None and written["new"]["data"]["synthetic"] is True
    assert written["counts"] == {
        "compared": 3,
        "changed": 2,
        "appeared": 0,
        "vanished": 0,
        "described": 0,
        "crossings": 1,
    }
    count, upper = written["changes"]
    assert list(upper) == [*IDENTITY, "kind", "old", "new", "difference", "relative"]
    assert (upper["old"]["value"], upper["new"]["value"], upper["difference"], upper["relative"]) == (
        0.5,
        -0.5,
        -1,
        None,
    )
    assert (count["old"]["state"], count["old"]["value"], count["difference"]) == ("hidden", None, None)
    assert (written["crossings"][0]["now"], written["crossings"][0]["lines"]) == ("excludes", [0.0])
