"""Tolerance, survival, cement volume and readers by a second route: scipy, chi-square quantiles, loops."""

from functools import cache

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from pytest import approx
from scipy import stats

from helpers.endpoints import angle, height, participants, tolerance, volume_pain
from tests.endpoints.second_routes import Z, same
from tests.generated import trial

ARMS = ("KP", "VP")
ROWS = ("AEANY", "AEGE3", "AESER", "AERELPRC", "AERELDEV", "AERELDIS", "AEDTH")


# --- adverse events, by the technique received


@cache
def safety() -> pd.DataFrame:
    rows = trial().adsl.query("SAFFL == 'Y'")
    end = (rows["DTHDT"].fillna(rows["EOSDT"]) - rows["TRTSDT"]).dt.days + 1
    return rows.assign(END=end, DEAD=rows["DTHDT"].notna())[["USUBJID", "TRT01A", "END", "DEAD"]]


@cache
def emergent() -> pd.DataFrame:
    return trial().adae.query("TRTEMFL == 'Y' and SAFFL == 'Y'")


def of_row(parameter: str) -> pd.DataFrame:
    events, unrelated = emergent(), ("NOT RELATED", "UNLIKELY")
    keep = {
        "AEANY": events["AETOXGR"] > 0, "AEGE3": events["AETOXGR"] >= 3, "AESER": events["AESER"] == "Y",
        "AEDTH": (events["AESDTH"] == "Y") | (events["AETOXGR"] == 5),
    }  # fmt: skip
    related = {f"AEREL{w}": ~events[f"AEREL{w}"].isin(unrelated) for w in ("PRC", "DEV", "DIS")}
    return events[(keep | related)[parameter]]


@pytest.mark.parametrize("parameter", ROWS)
def test_patients_with_an_event_by_the_exact_interval_of_scipy(parameter, find):
    rows = [r for r in tolerance.estimate(trial()) if r.parameter == parameter]
    for arm in ARMS:
        own = safety().query("TRT01A == @arm")["USUBJID"]
        events = of_row(parameter)
        x, n = int(own.isin(events["USUBJID"]).sum()), len(own)
        interval = stats.binomtest(x, n).proportion_ci(method="exact")
        names = ("events", "n", "estimate", "lower95", "upper95")
        ours = [find.value(rows, s, group=arm) for s in names]
        assert ours == [x, n, same(x / n), same(interval.low), same(interval.high)]
        assert find.value(rows, "count", group=arm) == events["USUBJID"].isin(own).sum()


def test_worst_grades_by_counting(find):
    records = tolerance.describe(trial())
    worst = emergent().groupby("USUBJID")["AETOXGR"].max()
    for arm in ARMS:
        own = safety().query("TRT01A == @arm")["USUBJID"].map(worst).fillna(0)
        ours = [find.value(records, "events", parameter=f"GRADE{g}", group=arm) for g in range(6)]
        assert ours == [int((own == g).sum()) for g in range(6)]


def test_classes_of_organs_by_counting_and_the_exact_interval_of_scipy(find):
    records = [r for r in tolerance.preferred_terms(trial()) if r.analysis == "tolerance.organ_class"]
    assert {r.parameter.removesuffix("|GE3") for r in records} == set(emergent()["AEBODSYS"])
    for (name, arm), own in emergent().groupby(["AEBODSYS", "TRT01A"]):
        n = (safety()["TRT01A"] == arm).sum()
        for suffix, rows in (("", own), ("|GE3", own.query("AETOXGR >= 3"))):
            x = rows["USUBJID"].nunique()
            interval = stats.binomtest(x, int(n)).proportion_ci(method="exact")
            where = {"parameter": f"{name}{suffix}", "group": arm}
            assert find.value(records, "events", **where) == x
            assert find.value(records, "upper95", **where) == same(interval.high)


def first_events(parameter: str, arm: str) -> list[tuple[int, int]]:
    """Days at risk, and 1 for the event, 2 for death without it, 0 for the end of follow-up."""
    first = of_row(parameter).groupby("USUBJID")["ASTDY"].min()
    out = []
    for p in safety().query("TRT01A == @arm").itertuples():
        day = first.get(p.USUBJID)
        out.append((int(day), 1) if day is not None else (int(p.END), 2 if p.DEAD else 0))
    return out


@pytest.mark.parametrize("parameter", ROWS)
def test_rates_by_time_at_risk_by_chi_square_quantiles(parameter, find):
    records = [r for r in tolerance.exposure(trial()) if r.parameter == parameter]
    for arm in ARMS:
        own = first_events(parameter, arm)
        x, months = sum(kind == 1 for _, kind in own), sum(day for day, _ in own) * 12 / 365.25
        lower = stats.chi2.ppf(0.025, 2 * x) / 2 if x else 0.0
        theirs = (x, months, 100 * x / months, 100 * lower / months, 50 * stats.chi2.ppf(0.975, 2 * x + 2) / months)
        names = ("events", "exposure", "estimate", "lower95", "upper95")
        assert [find.value(records, s, group=arm) for s in names] == [same(v) for v in theirs]


# SAS/STAT User's Guide, LIFETEST: the estimate of Aalen and Johansen with the variance of Aalen
@pytest.mark.parametrize("day", [30, 91])
@pytest.mark.parametrize("parameter", ["AEANY", "AEGE3"])
def test_cumulative_incidence_by_a_loop_from_the_definition(parameter, day, find):
    for arm in ARMS:
        own = first_events(parameter, arm)
        steps, surviving, incidence = [], 1.0, 0.0
        for time in sorted({t for t, _ in own if t <= day}):
            at_risk = sum(t >= time for t, _ in own)
            ours, others = (sum(t == time and kind == k for t, kind in own) for k in (1, 2))
            incidence += surviving * ours / at_risk
            steps.append((at_risk, ours, others, surviving, incidence))
            surviving *= 1 - (ours + others) / at_risk
        variance = 0.0
        for n, d1, d2, before, reached in steps:
            gap, d = incidence - reached, d1 + d2
            if d and n > d:
                variance += gap**2 * d / ((n - 1) * (n - d))
                variance -= 2 * gap * before * d1 * (n - d1) / (n * (n - d) * (n - 1))
            variance += before**2 * (d1 * (n - d1) / (n - 1) if n > 1 else d1) / n**2
        half = Z * np.sqrt(variance) / abs(incidence * np.log(incidence))
        theirs = (incidence, incidence ** np.exp(half), incidence ** np.exp(-half))
        where = {"parameter": f"{parameter}_DAY_{day}", "group": arm}
        records = tolerance.incidence(trial())
        assert [find.value(records, s, **where) for s in ("estimate", "lower95", "upper95")] == [
            same(v) for v in theirs
        ]


# --- who took part


@pytest.mark.parametrize("group", ["KP", "VP", "all"])
def test_survival_by_a_loop_from_the_definition_with_the_variance_of_greenwood(group, find):
    records, rows = participants.kaplan_meier(trial()), trial().adsl
    rows = rows if group == "all" else rows[rows["TRT01P"] == group]
    days = (rows["DTHDT"].fillna(rows["EOSDT"]) - rows["RANDDT"]).dt.days.to_numpy()
    died = rows["DTHDT"].notna().to_numpy()
    for until in range(0, 113, 7):
        alive, greenwood = 1.0, 0.0
        for time in sorted(set(days[died & (days <= until)])):
            at_risk, deaths = (days >= time).sum(), (died & (days == time)).sum()
            alive *= 1 - deaths / at_risk
            greenwood += deaths / (at_risk * (at_risk - deaths))
        where = {"parameter": f"DAY_{until:03d}", "group": group}
        assert find.value(records, "estimate", **where) == same(alive)
        limits = [find.value(records, s, **where) for s in ("lower95", "upper95")]
        if alive == 1:
            assert limits == [None, None]
        else:
            half = Z * np.sqrt(greenwood) / abs(np.log(alive))
            assert limits == [same(alive ** np.exp(half)), same(alive ** np.exp(-half))]


def test_standardised_differences_by_the_formulas_of_yang_and_dalton(find):
    records, rows = participants.balance(trial()), trial().adsl
    arms = [rows[rows["TRT01P"] == arm] for arm in ARMS]
    for column in ("AGE", "VASBL", "SINSBL", "NPLAN"):
        kp, vp = (arm[column].dropna().astype(float) for arm in arms)
        theirs = (kp.mean() - vp.mean()) / np.sqrt((kp.var() + vp.var()) / 2)
        assert find.value(records, "estimate", parameter=column) == same(theirs)
    for column in ("SEX", "SITEID", "ECOGBL", "PRIMTUM", "STRATUM"):
        codes = sorted(set(rows[column]))
        p, q = (np.array([(arm[column] == c).mean() for c in codes])[1:] for arm in arms)
        covariance = sum(np.diag(s) - np.outer(s, s) for s in (p, q)) / 2
        distance = np.sqrt((p - q) @ np.linalg.solve(covariance, p - q))
        sign = np.sign(p - q)[0] if len(codes) == 2 else 1.0
        assert find.value(records, "estimate", parameter=column) == same(sign * distance)


# --- cement volume and relief


@cache
def pairs() -> pd.DataFrame:
    data = trial()
    vas = data.advs.query("PARAMCD == 'VAS' and AVISIT == 'M3'").dropna(subset=["AVAL", "BASE"]).set_index("USUBJID")
    rows = data.adsl.query("SAFFL == 'Y'").set_index("USUBJID").join(vas[["AVAL", "BASE"]], how="inner").sort_index()
    return rows.assign(RELIEF=rows["BASE"] - rows["AVAL"], KP=(rows["TRT01A"] == "KP").astype(float))


@cache
def volumes():
    return [*volume_pain.estimate(trial()), *volume_pain.sensitivity(trial(), resamples=999, bootstrap_seed=5)]


def bonett_wright(r: float, n: int) -> tuple[float, float]:
    """Psychometrika 2000;65:23-28: variance (1 + r2/2)/(n - 3) of Fisher's z."""
    half = Z * np.sqrt((1 + r**2 / 2) / (n - 3))
    return float(np.tanh(np.arctanh(r) - half)), float(np.tanh(np.arctanh(r) + half))


@pytest.mark.parametrize("group", ["all", "KP", "VP"])
@pytest.mark.parametrize("parameter", ["VOLTOT", "VOLMEAN"])
def test_rank_correlation_by_scipy_and_the_formula_of_bonett_and_wright(parameter, group, find):
    rows = pairs() if group == "all" else pairs().query("TRT01A == @group")
    test = stats.spearmanr(rows[parameter], rows["RELIEF"])
    theirs = (len(rows), test.statistic, *bonett_wright(test.statistic, len(rows)), test.pvalue)
    where = {"analysis": "volume_pain.spearman", "parameter": parameter, "group": group}
    names = ("n", "estimate", "lower95", "upper95", "p_value")
    assert [find.value(volumes(), s, **where) for s in names] == [same(v) for v in theirs]


@pytest.mark.parametrize(("ending", "held"), [("", ["BASE", "KP"]), ("_LEVELS", ["BASE", "KP", "NLEVELS"])])
@pytest.mark.parametrize("parameter", ["VOLTOT", "VOLMEAN"])
def test_partial_correlation_by_residuals_of_ranks(parameter, ending, held, find):
    ranks = pairs()[[parameter, "RELIEF", *held]].astype(float).rank()
    design = np.column_stack([np.ones(len(ranks)), ranks[held]])
    left = [ranks[v] - design @ np.linalg.lstsq(design, ranks[v])[0] for v in (parameter, "RELIEF")]
    r, n = np.corrcoef(*left)[0, 1], len(ranks) - len(held)
    p_value = 2 * stats.t.sf(abs(r) * np.sqrt((n - 2) / (1 - r**2)), n - 2)
    where = {"analysis": "volume_pain.partial", "parameter": f"{parameter}{ending}"}
    ours = [find.value(volumes(), s, **where) for s in ("estimate", "lower95", "upper95", "p_value")]
    assert ours == [same(v) for v in (r, *bonett_wright(r, n), p_value)]


@pytest.mark.parametrize("parameter", ["VOLTOT", "VOLMEAN"])
def test_points_per_millilitre_by_least_squares_of_statsmodels(parameter, find):
    fit = smf.ols(f"AVAL ~ {parameter} + BASE + KP", pairs()).fit()
    theirs = (fit.params, fit.bse, fit.conf_int()[0], fit.conf_int()[1], fit.pvalues)
    where = {"analysis": "volume_pain.slope", "parameter": parameter}
    ours = [find.value(volumes(), s, **where) for s in ("estimate", "se", "lower95", "upper95", "p_value")]
    assert ours == [same(v[parameter]) for v in theirs]


def accelerated(values: np.ndarray, estimate: float, jackknife: np.ndarray) -> np.ndarray:
    """Efron 1987; ties with the estimate count half, quantile p is the value of place (R + 1) p."""
    below = (values < estimate - 1e-12).mean() + (np.abs(values - estimate) <= 1e-12).mean() / 2
    spread = jackknife.mean() - jackknife
    a = (spread**3).sum() / (6 * (spread**2).sum() ** 1.5)
    z0 = stats.norm.ppf(below)
    z = z0 + stats.norm.ppf([0.025, 0.975])
    place = stats.norm.cdf(z0 + z / (1 - a * z)) * (len(values) + 1)
    return np.interp(place, np.arange(1, len(values) + 1), np.sort(values))


@pytest.mark.parametrize("parameter", ["VOLTOT", "VOLMEAN"])
def test_bootstrap_of_the_rank_correlation_by_scipy_on_the_same_draws(parameter, find):
    x, y = (pairs()[c].to_numpy() for c in (parameter, "RELIEF"))
    n = len(x)

    def rho(rows):
        return stats.spearmanr(x[rows], y[rows]).statistic

    drawn = np.random.default_rng(5).integers(0, n, (999, n))
    values = np.array([rho(rows) for rows in drawn])
    without = np.array([rho(np.delete(np.arange(n), i)) for i in range(n)])
    theirs = accelerated(values, rho(np.arange(n)), without)
    where = {"analysis": "volume_pain.bootstrap", "parameter": parameter}
    assert [find.value(volumes(), s, **where) for s in ("lower95", "upper95")] == [same(v) for v in theirs]


# --- the readers


def intraclass(pairs: np.ndarray) -> float:
    """McGraw and Wong 1996, ICC(A,1), from the mean squares of a two-way analysis of variance."""
    n, k = pairs.shape
    grand = pairs.mean()
    rows = k * ((pairs.mean(axis=1) - grand) ** 2).sum() / (n - 1)
    columns = n * ((pairs.mean(axis=0) - grand) ** 2).sum() / (k - 1)
    rest = (((pairs - grand) ** 2).sum() - (n - 1) * rows - (k - 1) * columns) / ((n - 1) * (k - 1))
    return (rows - rest) / (rows + (k - 1) * rest + k * (columns - rest) / n)


@pytest.mark.parametrize("visit", ["D0", "M3"])
@pytest.mark.parametrize("parameter", ["ANTHT", "MIDHT", "POSHT", "KYPHANG"])
def test_agreement_of_the_readers_from_mean_squares_and_the_same_draws_of_patients(parameter, visit, find):
    data = trial()
    done = set(zip(data.adproc["USUBJID"], data.adproc["LEVEL"], strict=True))
    rows = data.adimg.query("PARAMCD == @parameter and AVISIT == @visit").dropna(subset=["READ1", "READ2"])
    rows = rows[[p in done for p in zip(rows["USUBJID"], rows["LEVEL"], strict=True)]].sort_values("USUBJID")
    read = rows[["READ1", "READ2"]].to_numpy()
    module = angle if parameter == "KYPHANG" else height
    records = module.agreement(trial(), resamples=200, bootstrap_seed=3)

    def ours(kind, *statistics):
        where = {"parameter": f"{parameter}_{kind}", "visit": visit, "group": "all"}
        return [find.value(records, s, **where) for s in statistics]

    codes, names = pd.factorize(rows["USUBJID"])
    own = [read[codes == i] for i in range(len(names))]
    drawn = np.random.default_rng(3).integers(0, len(own), (200, len(own)))
    values = np.array([intraclass(np.concatenate([own[i] for i in pick])) for pick in drawn])
    without = np.array([intraclass(read[codes != i]) for i in range(len(own))])
    limits = accelerated(values, intraclass(read), without)
    assert ours("ICC", "estimate", "lower95", "upper95") == [same(v) for v in (intraclass(read), *limits)]
    # Zou 2013: bias and variance between patients from the means of patients, within a patient pooled
    apart = [o[:, 0] - o[:, 1] for o in own]
    means = np.array([d.mean() for d in apart])
    within = sum(((d - d.mean()) ** 2).sum() for d in apart) / (len(read) - len(own))
    sd = np.sqrt(means.var(ddof=1) + (1 - np.mean([1 / len(d) for d in apart])) * within)
    theirs = [means.mean(), means.mean() - Z * sd, means.mean() + Z * sd]
    assert ours("BIAS", "estimate", "lower95", "upper95") == [same(v) for v in theirs]
    # variance of the readers and of the rest, from the differences; the change of a mean of two readings
    difference = read[:, 0] - read[:, 1]
    rest = difference.var(ddof=1) / 2
    readers = max(0.0, difference.mean() ** 2 / 2 - rest / len(read))
    assert ours("SEM", "estimate") == [same(np.sqrt(readers + rest))]
    assert ours("MDC", "estimate") == [approx(Z * np.sqrt(readers + rest), rel=1e-6)]
