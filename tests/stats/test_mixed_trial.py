"""The two faces of the mixed model for trials: arms by visits, and units within clusters."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx

from helpers.errors import InvalidInput
from helpers.stats import mixed
from helpers.stats.means import ancova
from tests.stats.mixed_data import antidepressant, fev, needs_reference
from tests.stats.reference import cases
from tests.stats.test_mixed import trial

TRIAL = dict(outcome="y", arm="arm", reference="a", subject="id", visit="visit")
UNITS = dict(outcome="y", arm="arm", reference="a", cluster="patient")


def lesions(seed: int = 1, patients: int = 24, between: float = 1.0) -> pd.DataFrame:
    """Two arms, patients with one to six lesions."""
    rng = np.random.default_rng(seed)
    rows = []
    for i in range(patients):
        level = between * rng.normal()
        x = rng.normal()
        for _ in range(rng.integers(1, 7)):
            rows.append((i, "ab"[i % 2], x, "uv"[rng.integers(2)], 5 + level + 0.4 * x + 0.5 * (i % 2) + rng.normal()))
    return pd.DataFrame(rows, columns=["patient", "arm", "x", "level", "y"])


# Case MMRM-ANTIDEP
@needs_reference
def test_trial_of_an_antidepressant_matches_the_reference_case():
    case = cases()["MMRM-ANTIDEP"]
    found = mixed.mmrm(
        antidepressant(),
        outcome="CHANGE",
        arm="THERAPY",
        reference="PLACEBO",
        subject="PATIENT",
        visit="VISIT",
        covariates=["BASVAL"],
        factors=["GENDER"],
        df="satterthwaite",
        average=True,
    )
    last = found.contrasts["DRUG", 7]
    assert last.estimate == approx(case["computed"]["est"], abs=1e-7)
    assert (last.se, last.df, last.p_value) == approx([case["computed"][k] for k in ("se", "df", "p")], rel=1e-7)
    assert [last.lower, last.upper] == approx(case["expected"]["ci"], abs=case["tol"]["ci"])
    assert (found.structure, found.attempts, found.reason) == ("UN", (), "")
    assert (found.n, found.n_subjects, found.n_missing, last.n) == (608, 172, 0, 129)
    assert found.means["DRUG", 7].estimate - found.means["PLACEBO", 7].estimate == approx(last.estimate, rel=1e-9)
    over = np.mean([found.contrasts["DRUG", v].estimate for v in (4, 5, 6, 7)])
    assert found.average_contrasts["DRUG"].estimate == approx(over, rel=1e-9)
    assert found.average_contrasts["DRUG"].n == 172


# Case MMRM-FEV-VIS4DIFF
@needs_reference
def test_trial_with_factors_matches_the_reference_case():
    found = mixed.mmrm(
        fev(), outcome="FEV1", arm="ARMCD", reference="PBO", subject="USUBJID", visit="AVISIT", factors=["RACE", "SEX"]
    )
    last = found.contrasts["TRT", "VIS4"]
    assert last.estimate == approx(cases()["MMRM-FEV-VIS4DIFF"]["computed"]["est"], abs=1e-8)
    assert (last.se, last.df) == approx((1.693413, 133.3891), rel=1e-6)
    assert found.n_missing == 263


def test_numbers_are_those_of_the_model_written_as_a_formula():
    data = trial(7, n=20)
    found = mixed.mmrm(data, covariates=["x"], structures=["CSH"], level=0.9, **TRIAL)
    fit = mixed.fit(data, formula="y ~ arm * C(visit) + x * C(visit)", subject="id", visit="visit", structure="CSH")
    for visit in (0, 1, 2):
        direct = fit.difference({"arm": "b", "visit": visit}, {"arm": "a"}, level=0.9)
        ours = found.contrasts["b", visit]
        assert (ours.estimate, ours.se, ours.df, ours.lower, ours.upper, ours.p_value) == approx(
            (direct.estimate, direct.se, direct.df, direct.lower, direct.upper, direct.p_value), rel=1e-7
        )
        assert ours.n == direct.n == int(data.query("visit == @visit")["y"].notna().sum())
    common = mixed.mmrm(data, covariates=["x"], structures=["CSH"], baseline_by_visit=False, **TRIAL)
    assert len(common.fit.names) == len(found.fit.names) - 2
    named = mixed.mmrm(data, covariates=["x"], structures=["CSH"], baseline_by_visit=["x"], **TRIAL)
    assert named.contrasts["b", 2].estimate == approx(found.contrasts["b", 2].estimate, rel=1e-9)


def test_one_visit_is_the_analysis_of_covariance():
    data = trial().query("visit == 2")
    found = mixed.mmrm(data, covariates=["x"], **TRIAL)
    classic = ancova(data, outcome="y", arm="arm", reference="a", covariates=["x"])
    ours, theirs = found.contrasts["b", 2], classic.contrasts["b"]
    assert (ours.estimate, ours.se, ours.df, ours.lower, ours.p_value) == approx(
        (theirs.estimate, theirs.se, theirs.df, theirs.lower, theirs.p_value), rel=1e-8
    )
    assert ours.n == theirs.n and found.means["a", 2].n == classic.means["a"].n


def test_the_structures_are_tried_in_their_order():
    data = trial(missing=0.0)
    never_together = ((data["id"] < 8) & (data["visit"] == 2)) | ((data["id"] >= 8) & (data["visit"] == 0))
    found = mixed.mmrm(data[~never_together], **TRIAL)
    assert found.structure not in (None, "UN")
    assert found.attempts[0] == ("UN", "singular")
    assert [name for name, _ in found.attempts] == ["UN", "TOEPH", "AR1H", "CSH", "CS"][: len(found.attempts)]
    assert found.fit.structure == found.structure
    none = mixed.mmrm(data[~never_together], structures=["UN"], **TRIAL)
    assert (none.reason, none.structure, none.attempts) == ("singular", None, (("UN", "singular"),))
    assert none.contrasts["b", 1].estimate is None and none.contrasts["b", 1].n > 0


def test_means_and_contrasts_at_visits_of_choice_are_averaged():
    data = trial(3, n=20)
    found = mixed.mmrm(data, average=[1, 2], structures=["CS"], **TRIAL)
    half = (found.contrasts["b", 1].estimate + found.contrasts["b", 2].estimate) / 2
    assert found.average_contrasts["b"].estimate == approx(half, rel=1e-9)
    assert set(found.average_means) == {"a", "b"}
    assert mixed.mmrm(data, structures=["CS"], **TRIAL).average_contrasts == {}


def test_one_sided_hypotheses_concern_contrasts_only():
    found = mixed.mmrm(trial(3, n=20), structures=["CS"], null=-0.3, alternative="greater", **TRIAL)
    both = mixed.mmrm(trial(3, n=20), structures=["CS"], null=-0.3, level=0.9, **TRIAL)
    assert found.contrasts["b", 2].upper == np.inf
    assert found.contrasts["b", 2].lower == approx(both.contrasts["b", 2].lower, rel=1e-9)
    assert np.isfinite(found.means["b", 2].upper)


def few(name: str) -> pd.DataFrame:
    data = trial(missing=0.0)
    return {
        "one arm": data[data["arm"] == "a"],
        "one patient in an arm": data[(data["arm"] == "a") | (data["id"] == 1)],
        "no reference": data[data["arm"] == "b"],
        "no outcomes": data.assign(y=np.nan),
        "nothing": data.iloc[:0],
    }[name]


@pytest.mark.parametrize("name", ["one arm", "one patient in an arm", "no reference", "no outcomes", "nothing"])
def test_too_few_patients_are_a_reason(name):
    found = mixed.mmrm(few(name), average=True, **TRIAL)
    assert (found.reason, found.structure, found.fit) == ("too-few", None, None)
    values = [*found.means.values(), *found.contrasts.values(), *found.average_contrasts.values()]
    assert all(v.reason == "too-few" and v.estimate is None and v.se is None for v in values)
    found = mixed.clustered(few(name), outcome="y", arm="arm", reference="a", cluster="id")
    assert (found.reason, found.icc, found.means["a"].estimate) == ("too-few", None, None)


def test_outcomes_that_do_not_vary_are_a_reason():
    found = mixed.mmrm(trial().assign(y=3.0), **TRIAL)
    assert found.reason == "no-variance" and found.means["a", 0].n > 0
    found = mixed.mmrm(trial().assign(z=lambda d: d["x"] * 2), covariates=["x", "z"], **TRIAL)
    assert found.reason == "collinear"


@given(st.integers(0, 1000))
@settings(max_examples=12)
def test_swapping_the_reference_changes_signs_only(seed):
    data = trial(seed, n=24)
    one = mixed.mmrm(data, structures=["UN", "CS"], **TRIAL)
    other = mixed.mmrm(data, structures=["UN", "CS"], **TRIAL | dict(reference="b"))
    assert one.reason == other.reason
    if not one.reason:
        a, b = one.contrasts["b", 2], other.contrasts["a", 2]
        assert (a.estimate, a.se, a.df) == approx((-b.estimate, b.se, b.df), rel=1e-6)
        assert (a.lower, a.upper) == approx((-b.upper, -b.lower), rel=1e-6)


# Truth recovery: 95 % intervals of the last visit's contrast over 150 trials of 30 patients, outcomes missing at random
def test_intervals_cover_the_truth_when_outcomes_are_missing():
    rng = np.random.default_rng(11)
    inside, estimates = 0, []
    for _ in range(150):
        sigma = np.array([[1.0, 0.6, 0.4], [0.6, 1.5, 0.9], [0.4, 0.9, 2.0]])
        y = rng.multivariate_normal(np.zeros(3), sigma, size=30)
        arm = np.arange(30) % 2
        y[:, 2] += 1.0 * arm
        gone = (y[:, 0] > 0.5) & (rng.random(30) < 0.5)  # the first visit decides who leaves
        y[gone, 2] = np.nan
        data = pd.DataFrame(
            {
                "id": np.repeat(np.arange(30), 3),
                "visit": np.tile(np.arange(3), 30),
                "arm": np.repeat(np.array(["a", "b"])[arm], 3),
                "y": y.ravel(),
            }
        )
        found = mixed.mmrm(data, **TRIAL).contrasts["b", 2]
        inside += found.lower <= 1.0 <= found.upper
        estimates.append(found.estimate)
    assert 0.90 < inside / 150 < 0.99
    assert np.mean(estimates) == approx(1.0, abs=0.12)


def test_clusters_are_the_random_intercept_model():
    data = lesions()
    found = mixed.clustered(data, covariates=["x"], factors=["level"], **UNITS)
    fit = mixed.fit(data, formula="y ~ arm + x + level", subject="patient", structure="RI")
    direct = fit.difference({"arm": "b"}, {"arm": "a"})
    ours = found.contrasts["b"]
    assert (ours.estimate, ours.se, ours.df, ours.p_value) == approx(
        (direct.estimate, direct.se, direct.df, direct.p_value), rel=1e-8
    )
    between, within = (p.estimate for p in fit.parameters)
    assert (found.between, found.within, found.icc) == approx((between, within, between / (between + within)), rel=1e-8)
    assert (found.n, found.n_clusters, ours.n) == (len(data), 24, len(data))
    assert found.means["b"].estimate - found.means["a"].estimate == approx(ours.estimate, rel=1e-9)


# The same number of units in every cluster: the t test of the cluster means
def test_clusters_of_one_size_are_compared_by_their_means():
    data = lesions(2).groupby("patient").filter(lambda g: len(g) >= 3).groupby("patient").head(3)
    found = mixed.clustered(data, **UNITS).contrasts["b"]
    means = data.groupby(["patient", "arm"])["y"].mean().reset_index()
    classic = ancova(means, outcome="y", arm="arm", reference="a").contrasts["b"]
    assert (found.estimate, found.se, found.df) == approx((classic.estimate, classic.se, classic.df), rel=1e-7)


def test_no_variance_between_clusters_is_the_boundary():
    data = lesions(3)
    data["y"] -= 0.95 * (data.groupby("patient")["y"].transform("mean") - data.groupby("arm")["y"].transform("mean"))
    held = mixed.clustered(data, **UNITS)
    free = mixed.clustered(data, structure="CS", **UNITS)
    alone = ancova(data, outcome="y", arm="arm", reference="a").contrasts["b"]
    assert held.boundary and (held.icc, held.between) == (0.0, 0.0)
    assert free.icc < 0 and not free.boundary
    found = held.contrasts["b"]
    assert (found.estimate, found.se, found.df) == approx((alone.estimate, alone.se, alone.df), rel=1e-8)


def test_one_unit_a_cluster_cannot_tell_the_variances_apart():
    data = lesions().groupby("patient").head(1)
    assert mixed.clustered(data, **UNITS).reason == "singular"
    alone = ancova(data, outcome="y", arm="arm", reference="a").contrasts["b"]
    found = mixed.clustered(data, structure="VC", **UNITS)
    assert (found.contrasts["b"].se, found.icc) == approx((alone.se, 0.0), rel=1e-8)


def test_robust_and_one_sided_options_reach_the_contrast():
    found = mixed.clustered(lesions(), df="satterthwaite", covariance="CR2", alternative="less", **UNITS)
    fit = mixed.fit(lesions(), formula="y ~ arm", subject="patient", structure="RI")
    direct = fit.contrast({"arm[T.b]": 1.0}, df="satterthwaite", covariance="CR2", alternative="less")
    ours = found.contrasts["b"]
    assert (ours.estimate, ours.se, ours.df, ours.upper) == approx(
        (direct.estimate, direct.se, direct.df, direct.upper), rel=1e-8
    )
    assert ours.lower == -np.inf


@pytest.mark.parametrize(
    ("how", "message"),
    [
        (dict(outcome="z"), "no column z"),
        (dict(outcome="arm"), "numeric"),
        (dict(covariates=["arm"]), "numeric"),
        (dict(covariates=["y"]), "one of outcome"),
        (dict(structures=[]), "at least one"),
        (dict(structures=["UN", "XX"]), "no covariance structure"),
        (dict(average=[9]), "no outcome at visit 9"),
        (dict(baseline_by_visit=["x"]), "not among the covariates"),
        (dict(level=1.5), "level"),
        (dict(df="kenward"), "df is"),
    ],
)
def test_trials_that_mean_nothing_are_refused(how, message):
    with pytest.raises(InvalidInput, match=message):
        mixed.mmrm(trial(), **TRIAL | how)


def test_clusters_that_mean_nothing_are_refused():
    with pytest.raises(InvalidInput, match="'RI', 'CS' or 'VC'"):
        mixed.clustered(lesions(), structure="UN", **UNITS)
    with pytest.raises(InvalidInput, match="no column site"):
        mixed.clustered(lesions(), factors=["site"], **UNITS)
    with pytest.raises(InvalidInput, match="backtick"):
        mixed.clustered(lesions().rename(columns={"x": "x`"}), covariates=["x`"], **UNITS)
