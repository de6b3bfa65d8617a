"""Delta adjustment, tipping points and responders. Published numbers name their source."""

from math import inf

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx
from statsmodels.stats.proportion import confint_proportions_2indep

from helpers.errors import InvalidInput
from helpers.stats import means, proportions
from helpers.stats.missing import (
    arrange,
    compare_at,
    compare_responders,
    impute,
    offsets,
    pool_analyses,
    rubin,
    tipping_grid,
    tipping_point,
)
from helpers.stats.missing.delta import accumulated
from tests.stats.longitudinal import COLUMNS, SMALL, antidepressant, made_up
from tests.stats.reference import cases

WITH_SEX = {**COLUMNS, "reference": "PLACEBO", "covariates": ["GENDER"], "covariates_by_visit": ["BASVAL"]}


# R rbmi, tests/testthat/test-delta.R: d_lagscale, by the number of visits before the event
@pytest.mark.parametrize(
    ("delta", "dlag", "rows"),
    [
        ((-3, -6, -6, -12), (1, 1, 1, 1), [(-3, -9, -15, -27), (0, -6, -12, -24), (0, 0, -6, -18), (0, 0, 0, -12)]),
        ((-3, -6, -6, -12), (0, 1, 1, 1), [(0, -6, -12, -24), (0, 0, -6, -18), (0, 0, 0, -12), (0, 0, 0, 0)]),
        ((10, 10, 10, 10), (1, 0, 0, 0), [(10, 10, 10, 10), (0, 10, 10, 10), (0, 0, 10, 10), (0, 0, 0, 10)]),
        # rbmi, help page of delta_template
        ((5, 6, 7, 8), (1, 2, 3, 4), [None, (0, 6, 20, 44), (0, 0, 7, 23)]),
        ((1, 4, 1, 3), (3, 3, 3, 3), [None, (0, 12, 15, 24)]),
    ],
)
def test_lagged_deltas_match_rbmi(delta, dlag, rows):
    for before, expected in enumerate(rows):
        if expected is not None:
            assert accumulated(delta, dlag, np.arange(4) >= before) == approx(np.array(expected, dtype=float))


def two_patients():
    """R rbmi, tests/testthat/test-delta.R: Tom and Harry at five visits, with events at the fourth and the second."""
    weeks = ["week 24", "week 52", "week 104", "week 208", "week 416"]
    data = pd.DataFrame(
        {
            "pt": np.repeat(["Tom", "Harry"], 5),
            "out": [1, np.nan, 3, np.nan, np.nan, np.nan, 5, np.nan, 6, 7],
            "vis": weeks * 2,
            "grp": np.repeat(["A", "B"], 5),
        }
    )
    events = pd.DataFrame({"pt": ["Tom", "Harry"], "vis": ["week 208", "week 52"], "strategy": ["JR", "MAR"]})
    names = {"outcome": "out", "arm": "grp", "reference": "A", "subject": "pt", "visit": "vis"}
    return arrange(data, **names, visits=weeks, events=events)


def test_deltas_of_a_panel_match_the_tests_of_rbmi():
    panel = two_patients()
    assert panel.subjects == ("Harry", "Tom")
    assert panel.at_random.tolist() == [[True] * 5, [True, True, True, False, False]]
    found = offsets(panel, [-3, -6, -6, -12, 1], dlag=[1, 2, 3, 4, 5])
    assert found == approx(np.array([[0, 0, -18, 0, 0], [0, 0, 0, -12, -10]], dtype=float))
    seen_too = offsets(panel, [-3, -6, -6, -12, 1], dlag=[1, 2, 3, 4, 5], missing_only=False)
    assert seen_too == approx(np.array([[0, -6, -18, -54, -50], [0, 0, 0, -12, -10]], dtype=float))


def test_a_delta_counts_for_imputed_values_of_the_arms_named():
    panel = two_patients()
    assert offsets(panel, 5) == approx(5.0 * panel.missing)
    assert offsets(panel, {"B": 2}) == approx(2.0 * panel.missing * (np.array([1, 0])[:, None]))
    late = offsets(panel, 5, which="after-event")
    assert late.tolist() == [[0, 0, 5, 0, 0], [0, 0, 0, 5, 5]]
    assert offsets(panel, [1, 2, 3, 4, 5])[1].tolist() == [0, 2, 0, 4, 5]


def test_a_delta_by_time_grows_from_the_last_visit_before_the_event():
    panel = two_patients()
    weeks = [24, 52, 104, 208, 416]
    found = offsets(panel, 0.5, times=weeks)
    assert found[1].tolist() == [0, 0, 0, 0.5 * (208 - 104), 0.5 * (416 - 104)]
    assert found[0].tolist() == [0, 0, 0.5 * (104 - 24), 0, 0]
    # the same as a rate for each difference of times, as rbmi's advanced vignette does it
    assert found == approx(offsets(panel, np.diff([0, *weeks]), dlag=[0.5] * 5))


def test_deltas_that_cannot_be_are_refused():
    panel = two_patients()
    for wrong in (
        {"delta": [1, 2]},
        {"delta": {"C": 1}},
        {"delta": float("nan")},
        {"delta": 1, "dlag": [1]},
        {"delta": 1, "dlag": [1] * 5, "times": [1, 2, 3, 4, 5]},
        {"delta": 1, "times": [1, 3, 2, 4, 5]},
        {"delta": 1, "which": "some"},
    ):
        with pytest.raises(InvalidInput):
            offsets(panel, **wrong)
    with pytest.raises(InvalidInput):
        accumulated([1, 2], [1], [True, True])


# Tipping points ---------------------------------------------------------------------------------------------------


# TIPPING-DELTA: PSIAIMS CAMIS. Exact is the slope; the level is that of other random imputations
def test_every_unit_of_delta_moves_the_estimate_as_published():
    case = cases()["TIPPING-DELTA"]
    made = impute(arrange(antidepressant(), **WITH_SEX), imputations=400, seed=11)
    grid = tipping_grid(made, 7, deltas=case["inputs"]["deltas"])
    assert grid.slope == approx(case["computed"]["slope_per_unit"], abs=6e-11)
    assert np.diff(grid.estimate[:, 0]) == approx(np.diff(case["expected"]["estimates"]), abs=2e-6)
    # Monte Carlo standard error of either level: 0.02
    assert grid.estimate[:, 0] == approx(case["expected"]["estimates"], abs=0.1)
    assert grid.p_value[:, 0] == approx([0.0710, 0.1139, 0.1747, 0.2560, 0.3588], rel=0.2)


# CAMIS, tables of the R and SAS pages, M = 5000: first whole delta without significance, with the p-value there
@pytest.mark.parametrize(
    ("strategy", "delta", "estimate", "p_value"),
    [("MAR", 3, -2.100, 0.0675), ("CR", 1, -2.162, 0.0558), ("CIR", 2, -1.994, 0.0796)],
)
def test_tipping_points_lie_where_rbmi_and_the_five_macros_find_them(strategy, delta, estimate, p_value):
    made = impute(arrange(antidepressant(), **WITH_SEX, strategy=strategy), imputations=400, seed=12)
    grid = tipping_grid(made, 7, deltas=[delta])
    assert grid.estimate[0, 0] == approx(estimate, abs=0.09)
    assert grid.p_value[0, 0] == approx(p_value, rel=0.25)
    point = tipping_point(made, 7, within=(0, 10))
    assert delta - 1.6 < point.delta < delta + 0.4
    assert point.p_value == approx(0.05, abs=1e-12)


# CAMIS: under jump to reference the result is not significant and turns so at a delta below 0
def test_a_search_may_go_down_and_may_end_in_significance():
    made = impute(arrange(antidepressant(), **WITH_SEX, strategy="JR"), imputations=400, seed=12)
    point = tipping_point(made, 7, within=(0, -5))
    assert -1 < point.delta < 0
    assert point.upper == approx(0, abs=1e-9)


def test_the_grid_is_the_analysis_of_shifted_data():
    panel = arrange(made_up(2, n=40, gaps=0.1), **SMALL, covariates_by_visit=["base"], strategy="JR")
    for method, options in (("bayes", {"imputations": 8}), ("conditional-mean", {})):
        made = impute(panel, method=method, seed=3, **options)
        grid = tipping_grid(made, 3, deltas=[-1, 0, 2.5], deltas_reference=[0, 1.5])
        for a, delta in enumerate((-1, 0, 2.5)):
            for b, other in enumerate((0, 1.5)):
                moved = offsets(panel, {"KP": delta, "VP": other})
                found = compare_at(made, 3, offsets=moved).contrasts["KP"]
                for name in ("estimate", "se", "df", "lower", "upper", "p_value"):
                    assert getattr(grid, name)[a, b] == approx(getattr(found, name), rel=1e-8)


def test_a_time_scaled_delta_tips_as_its_offsets_do():
    panel = arrange(made_up(2, n=40), **SMALL, covariates_by_visit=["base"])
    made = impute(panel, imputations=10, seed=3)
    unit = offsets(panel, {"KP": 1.0}, times=[1, 3, 12])
    grid = tipping_grid(made, 3, deltas=[0.3], unit=unit)
    moved = offsets(panel, {"KP": 0.3}, times=[1, 3, 12])
    assert grid.estimate[0, 0] == approx(compare_at(made, 3, offsets=moved).contrasts["KP"].estimate, rel=1e-10)


@given(st.integers(0, 500), st.sampled_from(["p-value", "estimate", "lower", "upper"]), st.booleans())
@settings(max_examples=25)
def test_the_conclusion_turns_at_the_tipping_point_and_not_before(seed, criterion, down):
    panel = arrange(made_up(seed, n=26, dropout=0.2), **SMALL, covariates=["base"])
    made = impute(panel, imputations=5, burn_in=20, thin=1, seed=seed)
    stop = -30.0 if down else 30.0
    point = tipping_point(made, 3, within=(0, stop), criterion=criterion)
    bound = 0.05 if criterion == "p-value" else 0.0
    name = criterion.replace("-", "_")
    if point.reason:
        assert point.reason == "no-tipping-point"
        values = getattr(tipping_grid(made, 3, deltas=np.linspace(0, stop, 50)), name)[:, 0]
        assert len(set(values >= bound)) == 1
        return
    assert 0 <= point.delta / stop <= 1
    assert getattr(point, name) == approx(bound, abs=1e-8)
    around = getattr(tipping_grid(made, 3, deltas=[0, 0.98 * point.delta, 1.02 * point.delta]), name)[:, 0]
    assert (around[0] >= bound) == (around[1] >= bound) != (around[2] >= bound)


def test_a_direction_moves_both_arms():
    panel = arrange(made_up(5, n=40, dropout=0.3), **SMALL, covariates=["base"])
    made = impute(panel, imputations=10, seed=1)
    grid = tipping_grid(made, 3, deltas=[0, 1], deltas_reference=[0, -1])
    apart = tipping_point(made, 3, within=(-40, 40), direction={"KP": 1, "VP": -1}, criterion="estimate")
    assert apart.delta == approx(-grid.estimate[0, 0] / (grid.slope - grid.slope_reference), rel=1e-9)
    assert apart.estimate == approx(0, abs=1e-12)
    assert grid.estimate[1, 1] - grid.estimate[0, 0] == approx(grid.slope - grid.slope_reference, rel=1e-9)


def test_tipping_points_say_why_there_is_none_and_refuse_nonsense():
    complete = impute(arrange(made_up(1, dropout=0.0), **SMALL), seed=1)
    assert tipping_point(complete, 3, within=(0, 100)).reason == "no-tipping-point"
    assert tipping_grid(complete, 3, deltas=[0, 5]).slope == 0
    data = made_up(1)
    data["y"] = data.y * 0 + 1
    failed = impute(arrange(data, **SMALL), imputations=3, seed=1)
    assert tipping_point(failed, 3, within=(0, 1)).reason == "no-variance"
    assert tipping_grid(failed, 3, deltas=[0]).estimate is None
    single = impute(arrange(made_up(1), **SMALL), imputations=1, seed=1)
    assert tipping_point(single, 3, within=(0, 1)).reason == "too-few"
    made = impute(arrange(made_up(1), **SMALL), imputations=3, seed=1)
    for wrong in (
        {"within": (1, 1)},
        {"within": (0, inf)},
        {"within": (0, 1), "criterion": "power"},
        {"within": (0, 1), "arm": "VP"},
        {"within": (0, 1), "direction": {"XX": 1.0}},
        {"within": (0, 1), "unit": np.ones((2, 2))},
    ):
        with pytest.raises(InvalidInput):
            tipping_point(made, 3, **wrong)
    with pytest.raises(InvalidInput):
        tipping_grid(made, 3, deltas=[])
    with pytest.raises(InvalidInput, match="visit"):
        tipping_grid(made, 9, deltas=[0])


# Responders -------------------------------------------------------------------------------------------------------


def test_responders_are_counted_in_every_data_set_and_pooled():
    panel = arrange(made_up(3, n=40, dropout=0.25), **SMALL, covariates_by_visit=["base"])
    made = impute(panel, imputations=20, seed=2)
    found = compare_responders(made, 3, cutoff=4.0)
    y = made.values[:, :, 2]
    p, q = ((y[:, panel.arm == a] <= 4.0).mean(axis=1) for a in (1, 0))
    assert found.differences["KP"].estimate == approx(p.mean() - q.mean())
    assert found.proportions["KP"].estimate == approx(p.mean())
    assert found.n == {"VP": 20, "KP": 20}
    assert sum(found.imputed.values()) == panel.missing[:, 2].sum() > 5
    # every data set's odds ratio by Rubin's rules on the log scale
    logit = np.log(p / (1 - p)) - np.log(q / (1 - q))
    se = np.sqrt(1 / (20 * p * (1 - p)) + 1 / (20 * q * (1 - q)))
    by_hand = rubin(logit, se)
    assert found.odds_ratios["KP"].upper == approx(np.exp(by_hand.upper), rel=1e-9)
    higher = compare_responders(made, 3, cutoff=4.0, better="higher")
    assert higher.differences["KP"].estimate == approx(-found.differences["KP"].estimate)


def test_complete_data_give_the_plain_intervals_of_responders():
    panel = arrange(made_up(3, n=31, dropout=0.0), **SMALL, covariates=["base"])
    made = impute(panel, seed=1)
    change = panel.outcome[:, 2] - panel.covariates["base"][:, 2]
    percent = 100 * change / panel.covariates["base"][:, 2]
    for options, responds in (
        ({"cutoff": -2.0, "measure": "change", "baseline": "base"}, change <= -2.0),
        ({"cutoff": -30.0, "measure": "percent-change", "baseline": "base"}, percent <= -30.0),
    ):
        found = compare_responders(made, 3, **options)
        x, y = int(responds[panel.arm == 1].sum()), int(responds[panel.arm == 0].sum())
        n, m = found.n["KP"], found.n["VP"]
        plain = proportions.risk_difference(x, n, y, m)
        difference = found.differences["KP"]
        assert (difference.lower, difference.upper) == approx((plain.lower, plain.upper), abs=1e-9)
        hybrid = compare_responders(made, 3, **options, method="newcombe").differences["KP"]
        assert (hybrid.lower, hybrid.upper) == approx(
            confint_proportions_2indep(x, n, y, m, compare="diff", method="newcomb"), rel=1e-6
        )


def test_a_delta_turns_responders_into_others():
    panel = arrange(made_up(3, n=40, dropout=0.25), **SMALL, covariates=["base"])
    made = impute(panel, imputations=10, seed=2)
    worst = compare_responders(made, 3, cutoff=4.0, offsets=offsets(panel, {"KP": 1000.0}))
    seen = (panel.outcome[panel.arm == 1, 2] <= 4.0).sum()
    assert worst.proportions["KP"].estimate == approx(seen / 20)
    assert worst.differences["KP"].riv < compare_responders(made, 3, cutoff=4.0).differences["KP"].riv


def test_responders_say_why_there_is_no_number_and_refuse_nonsense():
    panel = arrange(made_up(3), **SMALL, covariates=["base"])
    made = impute(panel, imputations=4, seed=2)
    assert compare_responders(made, 3, cutoff=1e6).odds_ratios["KP"].reason == "separated"
    data = made_up(1)
    data["y"] = data.y * 0 + 1
    failed = impute(arrange(data, **SMALL), imputations=3, seed=1)
    none = compare_responders(failed, 3, cutoff=1)
    assert (none.differences["KP"].reason, none.proportions["VP"].estimate) == ("no-variance", None)
    for call in (
        lambda: compare_responders(impute(panel, method="conditional-mean"), 3, cutoff=1),
        lambda: compare_responders(made, 3, cutoff=1, measure="change"),
        lambda: compare_responders(made, 3, cutoff=1, better="left"),
        lambda: compare_responders(made, 3, cutoff=1, method="wald"),
    ):
        with pytest.raises(InvalidInput):
            call()


def test_an_analysis_of_ones_own_is_pooled_as_the_analysis_of_covariance_is():
    data = made_up(4, n=36)
    made = impute(arrange(data, **SMALL, covariates=["base"]), imputations=7, seed=5)
    panel = made.panel

    def welch(values):
        found = means.welch(values[panel.arm == 1, 2], values[panel.arm == 0, 2])
        return found.estimate, found.se, inf

    pooled = pool_analyses(made, welch)
    each = [welch(values) for values in made.values]
    assert pooled.se == approx(rubin([e for e, _, _ in each], [s for _, s, _ in each]).se, rel=1e-12)
    assert pooled.estimate == approx(compare_at(made, 3, covariates=[]).contrasts["KP"].estimate, rel=1e-9)
    with pytest.raises(InvalidInput):
        pool_analyses(impute(panel, method="conditional-mean"), welch)
