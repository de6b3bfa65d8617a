"""Pain, quality of life, heights and angle by a second route: statsmodels, scipy, all pairs, loops by definition."""

from functools import cache
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from scipy import stats
from scipy.optimize import brentq
from statsmodels.stats.proportion import proportion_confint

from helpers.endpoints import _continuous, _repeated, angle, height, pain, qol
from helpers.endpoints._population import patients
from tests.endpoints import second_routes as routes
from tests.endpoints.second_routes import same
from tests.generated import trial

ARMS = ("KP", "VP")
FIGURES = ("estimate", "se", "df", "lower95", "upper95", "p_value")
DRAWN = {"imputations": 12, "imputation_seed": 11}


@cache
def records(endpoint: str):
    module, options = {"pain": (pain, DRAWN), "qol": (qol, DRAWN), "height": (height, {}), "angle": (angle, {})}[
        endpoint
    ]
    found = [*module.describe(trial()), *module.estimate(trial()), *module.sensitivity(trial())]
    if options:
        found += [*module.survivors(trial()), *module.responders(trial())]
    return found


@cache
def seen(parameter: str) -> pd.DataFrame:
    """One row a patient and visit: value, baseline, arm; vertebral measures averaged over vertebrae seen at both."""
    data = trial()
    if parameter in ("ANTHT", "MIDHT", "POSHT", "KYPHANG"):
        done = set(zip(data.adproc["USUBJID"], data.adproc["LEVEL"], strict=True))
        rows = data.adimg[data.adimg["PARAMCD"] == parameter].dropna(subset=["AVAL", "BASE"])
        rows = rows[[pair in done for pair in zip(rows["USUBJID"], rows["LEVEL"], strict=True)]]
        rows = rows.groupby(["USUBJID", "AVISIT", "TRT01P"])[["AVAL", "BASE"]].mean().reset_index()
    else:
        rows = pd.concat([data.advs, data.adqs])
        rows = rows[rows["PARAMCD"] == parameter].dropna(subset=["AVAL", "BASE"])
    return rows.assign(KP=(rows["TRT01P"] == "KP").astype(float), CHANGE=rows["AVAL"] - rows["BASE"])


COVARIANCE = [
    *(("pain", "pain.vas", "VAS", v) for v in pain.AFTER),
    *(("qol", "qol.dallas", d, v) for d in qol.DOMAINS for v in qol.AFTER),
    *(("height", "height.vertebral", p, "M3") for p in height.VERTEBRAL),
    ("height", "height.stature", "STATURE", "M3"),
    ("angle", "angle.kyphotic", "KYPHANG", "M3"),
]


@pytest.mark.parametrize(("endpoint", "stem", "parameter", "visit"), COVARIANCE)
def test_analysis_of_covariance_by_least_squares_of_statsmodels(endpoint, stem, parameter, visit, find):
    ending = {"height.vertebral": "_patient", "angle.kyphotic": "_patient", "height.stature": ""}.get(stem, "_ancova")
    rows = seen(parameter).query("AVISIT == @visit")
    fit = smf.ols("AVAL ~ KP + BASE", rows).fit()
    low, high = fit.conf_int().loc["KP"]
    theirs = (fit.params["KP"], fit.bse["KP"], fit.df_resid, low, high, fit.pvalues["KP"])
    where = {"analysis": stem + ending, "parameter": parameter, "visit": visit}
    assert [find.value(records(endpoint), s, group="KP-VP", **where) for s in FIGURES] == [same(v) for v in theirs]
    for arm, kp in zip(ARMS, (1.0, 0.0), strict=True):
        frame = fit.get_prediction(pd.DataFrame({"KP": [kp], "BASE": [rows["BASE"].mean()]})).summary_frame().iloc[0]
        theirs = frame[["mean", "mean_se", "mean_ci_lower", "mean_ci_upper"]]
        ours = [find.value(records(endpoint), s, group=arm, **where) for s in ("estimate", "se", "lower95", "upper95")]
        assert ours == [same(v) for v in theirs]


@pytest.mark.parametrize(("endpoint", "stem", "parameter", "visit"), COVARIANCE)
def test_changes_by_the_t_tests_of_scipy(endpoint, stem, parameter, visit, find):
    rows = seen(parameter).query("AVISIT == @visit")
    changes = [rows.loc[rows["TRT01P"] == arm, "CHANGE"] for arm in ARMS]
    test = stats.ttest_ind(*changes, equal_var=False)
    interval = test.confidence_interval(0.95)
    theirs = (changes[0].mean() - changes[1].mean(), test.df, interval.low, interval.high, test.pvalue)
    where = {"analysis": f"{stem}_change", "parameter": f"{parameter}_CHG", "visit": visit, "group": "KP-VP"}
    names = ("estimate", "df", "lower95", "upper95", "p_value")
    assert [find.value(records(endpoint), s, **where) for s in names] == [same(v) for v in theirs]
    for arm, change in zip(ARMS, changes, strict=True):
        interval = stats.ttest_1samp(change, 0).confidence_interval(0.95)
        own = {"parameter": f"{parameter}_CHG", "visit": visit, "group": arm}
        ours = [find.value(records(endpoint), s, **own) for s in ("n", "estimate", "lower95", "upper95", "sd")]
        assert ours == [same(v) for v in (len(change), change.mean(), interval.low, interval.high, change.std())]


# --- death as the worst outcome

COMPOSITE = [
    *(("pain", "pain.vas_composite", "VAS", v) for v in ("D21", "M3")),
    *(("qol", "qol.dallas_composite", d, v) for d in qol.DOMAINS for v in ("D21", "M3")),
]


def ranked(parameter: str, visit: str) -> dict[str, list[tuple]]:
    """Per arm what every patient has: (1, -value), or (0, days lived) of the dead; larger is better."""
    data = trial()
    rows = pd.concat([data.advs, data.adqs]).query("PARAMCD == @parameter and AVISIT == @visit")
    values = dict(zip(rows["USUBJID"], rows["AVAL"], strict=True))
    due = set(data.adcomp.query("AVISIT == @visit and EXPECTFL == 'Y'")["USUBJID"])
    out = {arm: [] for arm in ARMS}
    for p in data.adsl.itertuples():
        value = values.get(p.USUBJID, np.nan)
        if value == value:
            out[p.TRT01P].append((1, -value))
        elif p.USUBJID not in due:
            out[p.TRT01P].append((0, (p.DTHDT - p.RANDDT).days))
    return out


@pytest.mark.parametrize(("endpoint", "analysis", "parameter", "visit"), COMPOSITE)
def test_win_odds_and_probability_of_doing_better_from_all_pairs(endpoint, analysis, parameter, visit, find):
    kp, vp = (ranked(parameter, visit)[arm] for arm in ARMS)
    won = np.array([[(a > b) + 0.5 * (a == b) for b in vp] for a in kp])
    p, n, m = won.mean(), len(kp), len(vp)
    by_kp, by_vp = won.mean(axis=1).var(ddof=1) / n, won.mean(axis=0).var(ddof=1) / m
    se = np.sqrt(by_kp + by_vp)
    half = routes.Z * se / (p * (1 - p))  # of the logarithm of the odds
    odds = p / (1 - p)
    where = {"analysis": analysis, "visit": visit, "group": "KP-VP"}
    ours = [find.value(records(endpoint), s, parameter=parameter, **where) for s in ("estimate", "lower95", "upper95")]
    assert ours == [same(v) for v in (odds, odds * np.exp(-half), odds * np.exp(half))]
    # Brunner and Munzel 2000: t with Satterthwaite's degrees of freedom
    df = (by_kp + by_vp) ** 2 / (by_kp**2 / (n - 1) + by_vp**2 / (m - 1))
    half = stats.t.ppf(0.975, df) * se
    limits = (p, max(0.0, p - half), min(1.0, p + half))
    better = f"{parameter}_BETTER"
    ours = [find.value(records(endpoint), s, parameter=better, **where) for s in ("estimate", "lower95", "upper95")]
    assert ours == [same(v) for v in limits]
    assert find.value(records(endpoint), "n", parameter=parameter, **where) == n + m


@pytest.mark.parametrize(("endpoint", "analysis", "parameter", "visit"), COMPOSITE)
def test_exact_mann_whitney_by_counting_all_splits_of_the_midranks(endpoint, analysis, parameter, visit, find):
    kp, vp = (ranked(parameter, visit)[arm] for arm in ARMS)
    order = {value: rank for rank, value in enumerate(sorted({*kp, *vp}))}
    doubled = (2 * stats.rankdata([order[v] for v in [*kp, *vp]])).astype(int)
    splits = {(0, 0): 1}  # (patients taken, sum of their doubled midranks) -> ways
    for rank in doubled:
        for (taken, total), ways in list(splits.items()):
            if taken < len(kp):
                splits[taken + 1, total + rank] = splits.get((taken + 1, total + rank), 0) + ways
    ends = {total: ways for (taken, total), ways in splits.items() if taken == len(kp)}
    middle, found = len(kp) * (len(doubled) + 1), int(doubled[: len(kp)].sum())
    far = sum(ways for total, ways in ends.items() if abs(total - middle) >= abs(found - middle))
    p_value = find.value(records(endpoint), "p_value", analysis=analysis, parameter=parameter, visit=visit)
    assert p_value == same(far / sum(ends.values()))


@pytest.mark.parametrize(("endpoint", "analysis", "parameter", "visit"), COMPOSITE)
def test_median_with_death_worse_than_any_value_by_sorting(endpoint, analysis, parameter, visit, find):
    for arm, own in ranked(parameter, visit).items():
        middle = [sorted(own)[len(own) // 2], sorted(own)[(len(own) - 1) // 2]]
        record = find.record(
            records(endpoint), "median", analysis=analysis, parameter=parameter, visit=visit, group=arm
        )
        alive = all(kind for kind, _ in middle)
        assert record.value == (same(-np.mean([value for _, value in middle])) if alive else None)


ALIVE = [("pain", "pain.vas_alive", "VAS"), *(("qol", "qol.dallas_alive", d) for d in qol.DOMAINS)]


@pytest.mark.parametrize(("endpoint", "analysis", "parameter"), ALIVE)
def test_average_while_alive_by_trapezoids_and_least_squares_of_statsmodels(endpoint, analysis, parameter, find):
    rows, averages = seen(parameter), []
    for _, own in rows.groupby("USUBJID"):
        points = sorted(zip(own["ADT"], own["AVAL"], strict=True))
        area = sum((b - a).days * (v + w) / 2 for (a, v), (b, w) in pairwise(points))
        if len(points) > 1:
            averages.append((area / (points[-1][0] - points[0][0]).days, own["BASE"].iloc[0], own["KP"].iloc[0]))
    frame = pd.DataFrame(averages, columns=["Y", "BASE", "KP"])
    fit = smf.ols("Y ~ KP + BASE", frame).fit()
    theirs = (fit.params["KP"], fit.bse["KP"], fit.df_resid, *fit.conf_int().loc["KP"], fit.pvalues["KP"])
    where = {"analysis": analysis, "parameter": parameter, "visit": "M3", "group": "KP-VP"}
    assert [find.value(records(endpoint), s, **where) for s in FIGURES] == [same(v) for v in theirs]


# --- multiple imputation: the completed data sets are those of the analysis, what is done with them is done anew


@cache
def completed(parameter: str, strategy: str):
    """Values (data sets, patients, visits), and arm, baseline and what was missing by patient."""
    module = pain if parameter == "VAS" else qol
    data = trial()
    values = _continuous.followed(data.advs if module is pain else data.adqs, parameter)
    chosen = patients(data, "ITT")
    imputing = _repeated.Imputing(DRAWN["imputations"], DRAWN["imputation_seed"])
    found = _repeated._impute(values, chosen, module.AFTER, pain.REFERENCES.get(strategy, {}), imputing).imputations
    own = pd.DataFrame({"USUBJID": found.panel.subjects})
    base = values.dropna(subset=["BASE"]).groupby("USUBJID")["BASE"].first()
    frame = own.assign(KP=(own["USUBJID"].map(chosen["ARM"]) == "KP").astype(float), BASE=own["USUBJID"].map(base))
    rated = values.pivot(index="USUBJID", columns="AVISIT", values="AVAL").reindex(own["USUBJID"])[list(module.AFTER)]
    return found.values, frame, rated.to_numpy()


def pooled(parameter: str, strategy: str, visit: int, shift: float = 0.0) -> dict[str, float]:
    """Least squares of statsmodels in every data set, Rubin's rules, Barnard and Rubin's degrees of freedom."""
    values, frame, rated = completed(parameter, strategy)
    worse = shift * np.isnan(rated[:, visit]) * (frame["KP"] == 1)
    fits = [smf.ols("Y ~ KP + BASE", frame.assign(Y=one[:, visit] + worse)).fit() for one in values]
    estimates, squares = (np.array(v) for v in zip(*((f.params["KP"], f.bse["KP"] ** 2) for f in fits), strict=True))
    m, complete = len(fits), fits[0].df_resid
    between = (1 + 1 / m) * estimates.var(ddof=1)
    total = squares.mean() + between
    share, ratio = between / total, between / squares.mean()
    observed = (complete + 1) / (complete + 3) * complete * (1 - share)
    df = 1 / (1 / observed + share**2 / (m - 1))
    se, estimate = np.sqrt(total), estimates.mean()
    half = stats.t.ppf(0.975, df) * se
    return {
        "estimate": estimate, "se": se, "df": df, "lower95": estimate - half, "upper95": estimate + half,
        "p_value": 2 * stats.t.sf(abs(estimate) / se, df), "fmi": (ratio + 2 / (df + 3)) / (ratio + 1),
    }  # fmt: skip


@cache
def imputed(endpoint: str):
    return {"pain": pain, "qol": qol}[endpoint].imputed(trial(), **DRAWN)


@pytest.mark.parametrize("strategy", ["", "_JR", "_CR"])
@pytest.mark.parametrize("parameter", ["VAS", "DPQDA", "DPQSI"])
def test_imputation_by_least_squares_of_statsmodels_and_rubins_rules(parameter, strategy, find):
    endpoint, visits = ("pain", pain.AFTER) if parameter == "VAS" else ("qol", qol.AFTER)
    stem = "pain.vas" if parameter == "VAS" else "qol.dallas"
    analysis = f"{stem}_reference" if strategy else f"{stem}_mi"
    values, _, rated = completed(parameter, strategy)
    there = ~np.isnan(rated)
    assert all((one[there] == rated[there]).all() for one in values)  # what was seen stays
    for place, visit in enumerate(visits):
        where = {"analysis": analysis, "parameter": f"{parameter}{strategy}", "visit": visit}
        theirs = pooled(parameter, strategy, place)
        ours = {s: find.value(imputed(endpoint), s, **where) for s in theirs}
        assert ours == {s: same(v) for s, v in theirs.items()}


@pytest.mark.parametrize(("parameter", "step"), [("VAS", 0.5), ("DPQDA", 5.0)])
def test_shifted_values_and_the_tipping_point_by_statsmodels_and_a_root(parameter, step, find):
    endpoint, stem = ("pain", "pain.vas") if parameter == "VAS" else ("qol", "qol.dallas")
    last = {"pain": pain, "qol": qol}[endpoint].AFTER.index("M3")
    for k in (0, 3, 8):
        theirs = pooled(parameter, "", last, shift=step * k)
        where = {"analysis": f"{stem}_delta", "parameter": f"{parameter}_DELTA_{round(100 * step * k):04d}"}
        for statistic in ("estimate", "lower95", "upper95"):
            assert find.value(imputed(endpoint), statistic, **where) == same(theirs[statistic])
    ends = [pooled(parameter, "", last, shift=s)["estimate"] for s in (-8 * step, 8 * step)]
    tipping = find.value(imputed(endpoint), "estimate", analysis=f"{stem}_delta", parameter=f"{parameter}_TIPPING")
    if ends[0] * ends[1] > 0:
        assert tipping is None
    else:
        root = brentq(lambda s: pooled(parameter, "", last, shift=s)["estimate"], -8 * step, 8 * step, xtol=1e-9)
        assert tipping == same(root)


# --- responders

RULES = {
    **{("pain", "pain.responder", f"RESP{p}"): ("VAS", lambda b, v, p=p: b > 0 and b - v >= p * b / 100 - 1e-9)
       for p in (30, 50)},
    **{("qol", "qol.responder", f"{d}_MCII"): (d, lambda b, v, x=x: b - v >= x - 1e-9)
       for d, (x, _) in qol.THRESHOLDS.items()},
    **{("qol", "qol.responder", f"{d}_PASS"): (d, lambda b, v, x=x: v <= x + 1e-9)
       for d, (_, x) in qol.THRESHOLDS.items()},
}  # fmt: skip


@pytest.mark.parametrize(("endpoint", "analysis", "parameter"), RULES)
def test_responders_by_counting_wilson_of_statsmodels_and_roots_of_the_score(endpoint, analysis, parameter, find):
    measure, rule = RULES[endpoint, analysis, parameter]
    randomised = trial().adsl.groupby("TRT01P").size()
    for visit in {"pain": pain, "qol": qol}[endpoint].AFTER:
        rows = seen(measure).query("AVISIT == @visit")
        yes = rows[[rule(b, v) for b, v in zip(rows["BASE"], rows["AVAL"], strict=True)]]
        sets = {analysis: randomised}
        if endpoint == "pain":
            sets["pain.responder_observed"] = rows.groupby("TRT01P").size()
        for name, among in sets.items():
            counts = [int(v) for arm in ARMS for v in ((yes["TRT01P"] == arm).sum(), among[arm])]
            where = {"analysis": name, "parameter": parameter, "visit": visit}
            for arm, (x, n) in zip(ARMS, (counts[:2], counts[2:]), strict=True):
                low, high = proportion_confint(x, n, method="wilson")
                ours = [find.value(records(endpoint), s, group=arm, **where) for s in ("events", "lower95", "upper95")]
                assert ours == [x, same(max(0.0, low)), same(high)]
            theirs = routes.miettinen_nurminen(*counts)
            names = ("estimate", "lower95", "upper95")
            assert [find.value(records(endpoint), s, group="KP-VP", **where) for s in names] == [
                same(v) for v in theirs
            ]
            if name == "pain.responder":
                needed = [
                    find.value(records(endpoint), s, **(where | {"analysis": "pain.responder_nnt"})) for s in names
                ]
                ends = (theirs[0], theirs[2], theirs[1])
                assert needed == [same(1 / v) if abs(v) > 1e-12 else None for v in ends]
