"""Every headline number of leakage by a second route: exact arithmetic, another library, or a formula of the paper.

The success of a patient is counted here from the datasets anew.
"""

from fractions import Fraction
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from scipy import stats
from scipy.integrate import dblquad, quad
from scipy.special import betaln
from statsmodels.stats.contingency_tables import StratifiedTable
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from helpers.endpoints import leakage
from tests.endpoints import second_routes as routes
from tests.endpoints.second_routes import same
from tests.generated import trial

ARMS = ("KP", "VP")


@cache
def patients() -> dict[str, dict]:
    """What is known of every patient, without `helpers.endpoints`."""
    data = trial()
    leaked = set(data.adproc.query("LEAKFL == 'Y'")["USUBJID"])
    treated = set(data.adproc["USUBJID"])
    images = data.adcomp.query("IMGFL == 'Y'")
    after, late = (set(images[images["AVISIT"].isin(v)]["USUBJID"]) for v in (("D1", "M3"), ("M3",)))
    return {
        row.USUBJID: {
            "arm": row.TRT01P, "site": row.SITEID, "several": row.NPLAN > 1, "mitt": row.MITTFL == "Y",
            "pp": row.PPROTFL == "Y", "m3": row.USUBJID in late, "clear": row.USUBJID in treated - leaked,
            "success": row.USUBJID in (treated - leaked) & after,
        }
        for row in data.adsl.itertuples()
    }  # fmt: skip


def table(success=lambda p: p["success"], among=lambda p: True) -> tuple[int, int, int, int]:
    """Successes and patients of KP, then of VP."""
    own = [[p for p in patients().values() if p["arm"] == arm and among(p)] for arm in ARMS]
    return tuple(number for group in own for number in (sum(map(success, group)), len(group)))


@pytest.fixture(scope="module")
def records():
    functions = (leakage.describe, leakage.estimate, leakage.posterior, leakage.posterior_mass, leakage.priors)
    return [r for f in functions for r in f(trial())] + leakage.sensitivity(trial()) + leakage.characteristics(trial())


@pytest.fixture
def at(records, find):
    """The value of a statistic of an analysis; SUCCESS, KP-VP unless another is named."""

    def value(analysis: str, statistic: str, **where):
        chosen = {"parameter": "SUCCESS", "group": "KP-VP"} | where
        return find.value(
            [r for r in records if r.unit_of_analysis == "patient"], statistic, analysis=analysis, **chosen
        )

    return value


# --- the posterior: Beta(1 + successes, 1 + failures)


def betas() -> list[tuple[int, int]]:
    x, n, y, m = table()
    return [(1 + x, 1 + n - x), (1 + y, 1 + m - y)]


@pytest.mark.parametrize("group", [0, 1])
def test_posterior_of_an_arm_by_the_quantiles_of_scipy(at, group):
    for statistic, q in (("median", 0.5), ("q1", 0.25), ("q3", 0.75), ("lower95", 0.025), ("upper95", 0.975)):
        theirs = stats.beta.ppf(q, *betas()[group])
        assert at("leakage.success_bayes", statistic, group=ARMS[group]) == same(theirs)


@pytest.mark.parametrize(("parameter", "tenths"), [("SUPERIORITY", 0), ("RD_GT_10", 1), ("RD_GT_20", 2)])
def test_posterior_probabilities_by_exact_rational_arithmetic(at, parameter, tenths):
    exact = routes.exceeds(*betas(), Fraction(tenths, 10))
    assert at("leakage.success_bayes", "probability", parameter=parameter) == same(float(exact))


def test_posterior_superiority_by_a_double_integral(at):
    kp, vp = betas()
    found, _ = dblquad(
        lambda v, k: stats.beta.pdf(k, *kp) * stats.beta.pdf(v, *vp), 0, 1, 0, lambda k: k, epsabs=1e-9, epsrel=1e-9
    )
    assert at("leakage.success_bayes", "probability", parameter="SUPERIORITY") == same(found)


@pytest.mark.parametrize(
    ("statistic", "share"), [("lower95", 0.025), ("q1", 0.25), ("median", 0.5), ("q3", 0.75), ("upper95", 0.975)]
)
def test_posterior_quantiles_of_the_difference_by_the_exact_integral_up_to_them(at, statistic, share):
    quantile = at("leakage.success_bayes", statistic)
    kp, vp = betas()
    # the distribution function rises through the share within a millionth of the quantile
    for factor, sign in ((1 - 1e-6, 1), (1 + 1e-6, -1)):
        at_or_below = 1 - routes.exceeds(kp, vp, Fraction(quantile * (factor if quantile > 0 else 2 - factor)))
        assert (share - float(at_or_below)) * sign > 0


def test_posterior_in_bins_by_exact_rational_arithmetic(records, find):
    kp, vp = betas()
    for k in range(20):
        low, high = Fraction(k, 20), Fraction(k + 1, 20)
        name = f"MASS_{5 * k:02d}_{5 * k + 5:02d}"
        for group, ab in (("KP", kp), ("VP", vp)):
            found = find.value(records, "probability", parameter=name, group=group)
            assert found == same(float(routes.mass(ab, low, high)))
    ends = [Fraction(k, 20) for k in range(-20, 21)]
    upper = [routes.exceeds(kp, vp, end) for end in ends]
    bins = [r for r in records if r.analysis == "leakage.success_posterior" and r.group == "KP-VP"]
    assert [r.value for r in bins] == [same(float(a - b)) for a, b in pairwise(upper)]


@pytest.mark.parametrize("prior", ["FLAT", "JEFFREYS", "SCEPTICAL", "LITERATURE"])
def test_other_priors_by_quadrature_of_scipy_over_the_other_arm(at, prior):
    x, n, y, m = table()
    added = {
        "FLAT": ((1, 1), (1, 1)), "JEFFREYS": ((0.5, 0.5),) * 2, "SCEPTICAL": ((4.7, 5.3),) * 2,
        "LITERATURE": ((1, 1), (2.35, 2.65)),
    }[prior]  # fmt: skip
    (a, b), (c, d) = added
    kp, vp = (a + x, b + n - x), (c + y, d + m - y)
    for arm, ab in zip(ARMS, (kp, vp), strict=True):
        for statistic, q in (("median", 0.5), ("lower95", 0.025), ("upper95", 0.975)):
            found = at("leakage.success_priors", statistic, parameter=prior, group=arm)
            assert found == same(stats.beta.ppf(q, *ab))

    def above(threshold: float) -> float:
        return quad(lambda k: stats.beta.pdf(k, *kp) * stats.beta.cdf(k - threshold, *vp), 0, 1, epsabs=1e-12)[0]

    where = {"parameter": f"{prior}_SUPERIORITY"}
    assert at("leakage.success_priors", "probability", **where) == same(above(0))
    for statistic, share in (("median", 0.5), ("lower95", 0.975), ("upper95", 0.025)):
        quantile = at("leakage.success_priors", statistic, parameter=prior)
        step = 1e-6 * abs(quantile)
        assert above(quantile + step) < share < above(quantile - step)


# --- a larger trial: every number of further successes has its beta-binomial chance


@pytest.fixture(scope="module")
def larger():
    (x, n, y, m), (kp, vp) = table(), betas()
    more, more_ref = np.arange(100 - n + 1), np.arange(100 - m + 1)
    chance = np.outer(
        stats.betabinom.pmf(more, 100 - n, *kp),
        stats.betabinom.pmf(more_ref, 100 - m, *vp),
    )
    return x + more[:, None], y + more_ref[None, :], chance, leakage.prediction(trial())


def test_prediction_of_the_posterior_by_the_closed_form_of_miller(larger, find):
    events, events_ref, chance, records = larger
    # Miller: P(KP > VP) as a finite sum, posteriors Beta(1 + events, 101 - events)
    above = np.zeros(chance.shape)
    b, b_ref = 101 - events, 101 - events_ref
    for i in range(int(events.max()) + 1):
        term = np.exp(
            betaln(1 + events_ref + i, b + b_ref) - np.log(b + i) - betaln(1 + i, b) - betaln(1 + events_ref, b_ref)
        )
        above += np.where(i <= events, term, 0.0)
    assert find.value(records, "probability", parameter="POSTERIOR_GT_95") == same(chance[above > 0.95].sum())


def test_prediction_of_the_limit_by_the_score_statistic_at_no_difference(larger, find):
    events, events_ref, chance, records = larger
    pooled = (events + events_ref) / 200
    with np.errstate(invalid="ignore", divide="ignore"):
        z = (events - events_ref) / 100 / np.sqrt(pooled * (1 - pooled) * 2 / 100 * 200 / 199)
    assert find.value(records, "probability", parameter="MN_ABOVE_0") == same(chance[z > routes.Z].sum())


def test_prediction_of_the_difference_by_sorting_every_outcome(larger, find):
    events, events_ref, chance, records = larger
    difference = (events - events_ref).ravel()
    order = np.argsort(difference)
    passed = np.cumsum(chance.ravel()[order])
    for statistic, q in (("median", 0.5), ("lower95", 0.025), ("upper95", 0.975)):
        theirs = difference[order][np.searchsorted(passed, q)] / 100
        assert find.value(records, statistic, parameter="DIFFERENCE") == same(theirs)


# --- proportions and their difference

SETS = {
    "leakage.success": table,
    "leakage.success_mitt": lambda: table(among=lambda p: p["mitt"]),
    "leakage.success_pp": lambda: table(among=lambda p: p["pp"]),
    "leakage.success_m3": lambda: table(among=lambda p: p["m3"]),
    "leakage.success_composite": lambda: table(lambda p: p["success"] and p["m3"]),
}


@pytest.mark.parametrize("analysis", SETS)
def test_rates_by_wilson_of_statsmodels_and_their_difference_by_roots_of_the_score(at, analysis):
    counts = SETS[analysis]()
    for arm, (x, n) in zip(ARMS, (counts[:2], counts[2:]), strict=True):
        low, high = proportion_confint(x, n, method="wilson")
        theirs = {"events": x, "n": n, "estimate": x / n, "lower95": low, "upper95": high}
        assert {s: at(analysis, s, group=arm) for s in theirs} == {s: same(v) for s, v in theirs.items()}
    found = [at(analysis, s) for s in ("estimate", "lower95", "upper95")]
    assert found == [same(v) for v in routes.miettinen_nurminen(*counts)]


def characteristics() -> dict[str, tuple[str, tuple[int, int, int, int]]]:
    data, kinds = trial(), {}
    for analysis, column, codes in (
        ("leakage.type", "LEAKTYPE", {"VASCULAR": "VASCULAR", "CORTICAL": "CORTICAL"}),
        ("leakage.size", "LEAKSIZE", {"SIGNIFICANT": "SIGNIFICANT", "NOT SIGNIFICANT": "NOT_SIGNIFICANT"}),
        ("leakage.symptoms", "LEAKSYMP", {"Y": "SYMPTOMATIC", "N": "ASYMPTOMATIC"}),
    ):
        for code, parameter in codes.items():
            with_it = set(data.adleak[data.adleak[column] == code]["USUBJID"])
            arms = [[u for u, p in patients().items() if p["arm"] == arm and p["mitt"]] for arm in ARMS]
            counts = tuple(v for own in arms for v in (sum(u in with_it for u in own), len(own)))
            kinds[parameter] = analysis, counts
    return kinds


@pytest.mark.parametrize("parameter", characteristics())
def test_kinds_of_leak_by_wilson_of_statsmodels_and_roots_of_the_score(at, parameter):
    analysis, counts = characteristics()[parameter]
    for arm, (x, n) in zip(ARMS, (counts[:2], counts[2:]), strict=True):
        low, high = proportion_confint(x, n, method="wilson")
        assert at(analysis, "events", parameter=parameter, group=arm) == x
        assert at(analysis, "lower95", parameter=parameter, group=arm) == same(max(0.0, low))
        assert at(analysis, "upper95", parameter=parameter, group=arm) == same(high)
    found = [at(analysis, s, parameter=parameter) for s in ("estimate", "lower95", "upper95")]
    assert found == [same(v) for v in routes.miettinen_nurminen(*counts)]


def test_newcombe_interval_by_statsmodels(at):
    found = [at("leakage.success_newcombe", s) for s in ("lower95", "upper95")]
    assert found == [same(v) for v in confint_proportions_2indep(*table(), method="newcomb", compare="diff")]


@pytest.mark.parametrize(
    ("parameter", "route"),
    [("SUCCESS_RR", routes.miettinen_nurminen_ratio), ("SUCCESS_OR", routes.miettinen_nurminen_odds)],
)
def test_risk_ratio_and_odds_ratio_by_roots_of_the_score(at, parameter, route):
    found = [at("leakage.success_ratio", s, parameter=parameter) for s in ("estimate", "lower95", "upper95")]
    assert found == [same(v) for v in route(*table())]


def test_fisher_mid_p_by_the_hypergeometric_distribution_of_scipy(at):
    x, n, y, m = table()
    chances = stats.hypergeom.pmf(np.arange(n + 1), n + m, x + y, n)
    extreme = chances <= chances[x] * (1 + 1e-9)
    theirs = chances[extreme].sum() - chances[x] / 2
    assert at("leakage.success_tests", "p_value", parameter="FISHER_MIDP") == same(theirs)


def test_boschloo_by_scipy_one_side_at_a_time(at):
    x, n, y, m = table()
    counts = [[x, y], [n - x, m - y]]
    sides = [stats.boschloo_exact(counts, alternative=side, n=128).pvalue for side in ("less", "greater")]
    assert at("leakage.success_tests", "p_value", parameter="BOSCHLOO") == same(min(1.0, 2 * min(sides)))


def best_and_worst():
    known = table(lambda p: p["clear"] and p["m3"])
    unknown = table(lambda p: p["clear"] and not p["m3"])
    for kp in (0, 25, 50, 75, 100):
        for vp in (0, 25, 50, 75, 100):
            taken = [known[i] + int(unknown[i] * share / 100 + 0.5) for i, share in ((0, kp), (2, vp))]
            yield f"SHARE_{kp:03d}_{vp:03d}", (taken[0], known[1], taken[1], known[3])


def test_best_case_worst_case_and_between_by_roots_of_the_score(at):
    for parameter, counts in best_and_worst():
        found = [at("leakage.success_bounds", s, parameter=parameter) for s in ("estimate", "lower95", "upper95")]
        assert found == [same(v) for v in routes.miettinen_nurminen(*counts)], parameter


# --- strata

FACTORS = {"SITE": "site", "LEVELS": "several"}


def tables(factor: str) -> list[tuple[int, int, int, int]]:
    key = FACTORS[factor]
    return [
        table(among=lambda p, level=level: p[key] == level) for level in sorted({p[key] for p in patients().values()})
    ]


@pytest.mark.parametrize("factor", FACTORS)
def test_mantel_haenszel_difference_by_the_formula_of_sato(at, factor):
    estimate, se = routes.mantel_haenszel_sato(tables(factor))
    theirs = [estimate, se, estimate - routes.Z * se, estimate + routes.Z * se]
    names = ("estimate", "se", "lower95", "upper95")
    assert [at("leakage.success_strata", s, parameter=factor) for s in names] == [same(v) for v in theirs]


@pytest.mark.parametrize("factor", FACTORS)
def test_stratified_score_interval_by_roots_of_the_weighted_score(at, factor):
    found = [at("leakage.success_strata", s, parameter=f"{factor}_MN") for s in ("estimate", "lower95", "upper95")]
    assert found == [same(v) for v in routes.stratified_miettinen_nurminen(tables(factor))]


@pytest.mark.parametrize("factor", FACTORS)
def test_cochran_mantel_haenszel_by_statsmodels(at, factor):
    arrays = [np.array([[x, n - x], [y, m - y]]) for x, n, y, m in tables(factor)]
    theirs = StratifiedTable(arrays).test_null_odds(correction=False).pvalue
    assert at("leakage.success_strata", "p_value", parameter=f"{factor}_CMH") == same(theirs)


# Heinze and Schemper, Stat Med 2002;21:2409-2419: the score with h(1/2 - p) added; then the delta method over patients
def test_firth_regression_by_a_newton_loop_and_the_delta_method(at):
    own = list(patients().values())
    y = np.array([float(p["success"]) for p in own])
    x = np.array([[1, p["arm"] == "KP", p["site"] == "01", p["several"]] for p in own], dtype=float)
    beta = np.zeros(4)
    for _ in range(100):
        p = 1 / (1 + np.exp(-x @ beta))
        root = np.sqrt(p * (1 - p))[:, None] * x
        information = root.T @ root
        leverage = np.diag(root @ np.linalg.solve(information, root.T))
        beta = beta + np.linalg.solve(information, x.T @ (y - p + leverage * (0.5 - p)))
    chances, slopes = [], []
    for arm in (1.0, 0.0):
        as_if = np.column_stack([x[:, 0], np.full(len(x), arm), x[:, 2:]])
        p = 1 / (1 + np.exp(-as_if @ beta))
        chances.append(p.mean())
        slopes.append((as_if * (p * (1 - p))[:, None]).mean(axis=0))
    gradient = slopes[0] - slopes[1]
    estimate, se = chances[0] - chances[1], np.sqrt(gradient @ np.linalg.solve(information, gradient))
    theirs = [estimate, se, estimate - routes.Z * se, estimate + routes.Z * se]
    names = ("estimate", "se", "lower95", "upper95")
    assert [at("leakage.success_adjusted", s) for s in names] == [same(v) for v in theirs]
