"""Contrasts, tests and least-squares means of mixed models, against SAS and R packages and from the formulas."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from pytest import approx
from scipy.stats import f as f_distribution
from scipy.stats import norm, t

from helpers.errors import InvalidInput
from helpers.stats import mixed
from helpers.stats.mixed.catalogue import STRUCTURES
from tests.stats.mixed_data import (
    SAS_EMPIRICAL,
    SAS_KENWARD_ROGER,
    antidepressant,
    beets,
    fev,
    needs_reference,
    shoes,
    sleepstudy,
    unbalanced_beets,
)
from tests.stats.reference import cases
from tests.stats.test_mixed import FEV, dense, trial

FULL = "FEV1 ~ RACE + SEX + ARMCD * AVISIT"
ARM = {"ARMCD[T.TRT]": 1.0}


@pytest.fixture(scope="module")
def full():
    return mixed.fit(fev(), formula=FULL, **FEV)


# Case MMRM-FEV-KR: SAS's figures, and the tighter target of an independent implementation
@needs_reference
def test_kenward_roger_matches_the_reference_case():
    case = cases()["MMRM-FEV-KR"]
    found = mixed.fit(fev(), formula="FEV1 ~ ARMCD", **FEV).contrast(ARM)
    assert found.se == approx(case["expected"]["se_kr"], abs=case["tol"]["se_kr"])
    assert found.df == approx(case["expected"]["df_kr"], abs=case["tol"]["df_kr"])
    assert (found.se, found.df) == approx((case["computed"]["se_kr"], case["computed"]["df_kr"]), rel=1e-8)


# README of the reference cases, D13: the same data with the expected information
@needs_reference
def test_expected_information_gives_the_paper_of_1997():
    found = mixed.fit(fev(), formula="FEV1 ~ ARMCD", **FEV).contrast(ARM, df="kenward-roger-expected")
    assert (found.se, found.df) == (approx(0.653623, abs=6e-7), approx(170.9168, abs=6e-5))


@needs_reference
@pytest.mark.parametrize("structure", SAS_KENWARD_ROGER)
def test_kenward_roger_of_every_structure_matches_sas(structure):
    se, se_linear, df = SAS_KENWARD_ROGER[structure]
    where = dict(subject="USUBJID", visit=("VISITN", "VISITN2")) if structure == "SP_EXP" else FEV
    fit = mixed.fit(fev(), formula="FEV1 ~ ARMCD", structure=structure, **where)
    # SAS stops short of the maximum, by up to 1e-4 of these figures
    found = fit.contrast(ARM)
    assert (found.se, found.df) == (approx(se, rel=1.5e-4), approx(df, rel=5e-4))
    linear = fit.contrast(ARM, df="kenward-roger-linear")
    assert (linear.se, linear.df) == (approx(se_linear, rel=1.5e-4), approx(df, rel=5e-4))
    assert found.se - linear.se == approx(se - se_linear, abs=2e-6)


# SAS DDFM=KR(FIRSTORDER), openpharma/mmrm design/SAS/sas_sp_gau_kr.txt
@needs_reference
def test_kenward_roger_of_the_spatial_gaussian_structure_matches_sas():
    fit = mixed.fit(fev(), formula="FEV1 ~ ARMCD", subject="USUBJID", visit=["VISITN", "VISITN2"], structure="SP_GAU")
    found = fit.contrast(ARM, df="kenward-roger-linear")
    assert (found.se, found.df) == (approx(0.9028, abs=5e-5), approx(250.2326, abs=1e-3))


# openpharma/mmrm tests/testthat/_snaps/kenwardroger.md: h_df_1d_kr, h_df_md_kr, h_var_adj
@needs_reference
def test_mmrm_kenward_roger_matches_its_own_tests():
    fit = mixed.fit(fev(), formula="FEV1 ~ ARMCD", structure="AR1", **FEV)
    how = dict(df="kenward-roger-mmrm")
    found = fit.contrast([0, 1], **how)
    expected = (4.22574283798881, 0.958582835484051, 188.469542953831)
    assert (found.estimate, found.se, found.df) == approx(expected, rel=1e-6)
    found = fit.contrast([1, 1], **how)
    expected = (44.5138538316888, 0.690340153834085, 183.109526300275)
    assert (found.estimate, found.se, found.df) == approx(expected, rel=1e-6)
    for rows in ([[0, 1], [1, 0]], [[0, -1], [1, 0]]):
        joint = fit.test(rows, **how)
        assert (joint.df_num, joint.df_den) == (2, approx(188.648444482487, rel=1e-6))
        assert joint.statistic == approx(3913.7241325595, rel=1e-6)
    # the snapshots of h_var_adj have each other's names: 0.958582835^2 is the second
    for df, intercept, arm in (
        ("kenward-roger-mmrm", 0.442311524488976, 0.918881052484644),
        ("kenward-roger-linear", 0.444119599330238, 0.922715039314076),
    ):
        assert fit.covariance_of(df) == approx(np.array([[intercept, -intercept], [-intercept, arm]]), rel=1e-6)


# Cases MMRM-FEV-FULL and MMRM-FEV-VIS4DIFF (SAS, mmrm)
@needs_reference
def test_full_trial_model_matches_sas(full):
    case = cases()["MMRM-FEV-FULL"]
    names = ["Intercept", *(f"RACE[T.{r}]" for r in ("Black or African American", "White")), "SEX[T.Female]"]
    names += ["ARMCD[T.TRT]", *(f"AVISIT[T.VIS{v}]" for v in (2, 3, 4))]
    for figures, tight in ((case["expected"], False), (case["computed"], True)):
        tol = dict.fromkeys(case["tol"], 2e-6) if tight else case["tol"]
        assert -2 * full.loglik == approx(figures["minus2RLL"], abs=tol["minus2RLL"])
        found = [full.contrast({n: 1.0}, df="satterthwaite") for n in names]
        assert [c.estimate for c in found] == approx(figures["coef"], abs=tol["coef"])
        assert [c.se for c in found] == approx(figures["se"], abs=tol["se"])
        assert found[0].df == approx(figures["df_intercept"], abs=tol["df_intercept"])
        assert found[4].df == approx(figures["df_trt"], abs=tol["df_trt"])
        for arm in ("TRT", "PBO"):
            mean = full.mean({"ARMCD": arm, "AVISIT": "VIS4"}, df="satterthwaite")
            assert [mean.estimate, mean.se] == approx(figures[f"lsm_VIS4_{arm}"], abs=tol[f"lsm_VIS4_{arm}"])
        first = [full.mean({"ARMCD": arm, "AVISIT": "VIS1"}).estimate for arm in ("TRT", "PBO")]
        assert first == approx(figures["lsm_VIS1"], abs=tol["lsm_VIS1"])
        assert np.diag(full.sigma) == approx(figures["cov_diag"], abs=max(tol["cov_diag"], 1e-4))
        race = full.effect("RACE", df="satterthwaite")
        assert race.statistic == approx(figures["race_F"], abs=tol["race_F"])
        assert [race.df_num, race.df_den] == approx(figures["race_df"], abs=tol["race_df"])


@needs_reference
def test_difference_at_the_last_visit_matches_the_reference_case(full):
    case = cases()["MMRM-FEV-VIS4DIFF"]
    at, versus = {"ARMCD": "TRT", "AVISIT": "VIS4"}, {"ARMCD": "PBO"}
    found = full.difference(at, versus, df="satterthwaite")
    assert found.estimate == approx(case["expected"]["est"], abs=case["tol"]["est"])
    assert found.estimate == approx(case["computed"]["est"], abs=1e-8)
    # from the case's notes
    assert (found.se, found.df, found.lower, found.upper) == approx((1.680550, 133.3891, 1.074563, 7.722511), rel=1e-6)
    found = full.difference(at, versus)
    assert (found.se, found.df) == approx((1.693413, 133.3891), rel=1e-6)


# SAS least-squares means, their differences and type 3 tests: openpharma/mmrm design/SAS/sas_log_reml.txt
@needs_reference
@pytest.mark.parametrize(
    ("arm", "visit", "estimate", "se", "df"),
    [
        ("TRT", "VIS2", 41.9037, 0.6023, 144),
        ("PBO", "VIS2", 38.1715, 0.6117, 147),
        ("TRT", "VIS3", 46.7546, 0.5086, 130),
        ("PBO", "VIS3", 43.6740, 0.4617, 130),
        ("TRT", "VIS4", 52.7841, 1.1877, 133),
        ("PBO", "VIS4", 48.3855, 1.1886, 134),
        ("TRT", "VIS1", 37.1063, 0.7626, 143),
        ("PBO", "VIS1", 33.3318, 0.7554, 148),
    ],
)
def test_least_squares_means_match_sas(full, arm, visit, estimate, se, df):
    found = full.mean({"ARMCD": arm, "AVISIT": visit}, df="satterthwaite")
    assert (found.estimate, found.se) == approx((estimate, se), abs=2e-4)
    assert found.df == approx(df, abs=0.6)


@needs_reference
@pytest.mark.parametrize(
    ("one", "other", "estimate", "se", "df", "lower", "upper"),
    [
        (("TRT", "VIS2"), ("PBO", "VIS2"), 3.7322, 0.8588, 145, 2.0348, 5.4296),
        (("TRT", "VIS2"), ("TRT", "VIS3"), -4.8509, 0.7440, 148, -6.3211, -3.3808),
        (("TRT", "VIS2"), ("PBO", "VIS4"), -6.4819, 1.3327, 199, -9.1099, -3.8539),
        (("PBO", "VIS2"), ("TRT", "VIS3"), -8.5831, 0.7988, 270, -10.1557, -7.0106),
        (("TRT", "VIS3"), ("PBO", "VIS1"), 13.4228, 0.9132, 248, 11.6242, 15.2214),
    ],
)
def test_differences_of_least_squares_means_match_sas(full, one, other, estimate, se, df, lower, upper):
    keys = ("ARMCD", "AVISIT")
    at, versus = dict(zip(keys, one, strict=True)), dict(zip(keys, other, strict=True))
    found = full.difference(at, versus, df="satterthwaite")
    assert (found.estimate, found.se, found.lower, found.upper) == approx((estimate, se, lower, upper), abs=6e-4)
    assert found.df == approx(df, abs=0.6)


@needs_reference
@pytest.mark.parametrize(
    ("names", "count", "df", "statistic"),
    [
        (("ARMCD",), 1, 169, 31.67),
        (("AVISIT",), 3, 148, 142.11),
        (("AVISIT", "ARMCD"), 3, 148, 0.26),
        (("RACE",), 2, 166, 36.92),
        (("SEX",), 1, 166, 0.38),
    ],
)
def test_type_3_tests_match_sas(full, names, count, df, statistic):
    found = full.effect(*names, df="satterthwaite")
    assert (found.df_num, found.statistic) == (count, approx(statistic, abs=0.012))
    assert found.df_den == approx(df, abs=0.6)
    assert found.p_value == approx(f_distribution.sf(found.statistic, count, found.df_den), rel=1e-9)


# openpharma/mmrm tests/testthat/test-between-within.R
@needs_reference
def test_between_within_degrees_of_freedom_match_mmrm(full):
    eye = np.eye(11)
    alone = mixed.fit(fev(), formula="FEV1 ~ 1", **FEV).contrast([1.0], df="between-within")
    assert alone.df == 340
    two = mixed.fit(fev(), formula="FEV1 ~ ARMCD + RACE", **FEV)
    assert two.contrast([0, 0, 1, -1], df="between-within").df == 193
    assert two.contrast([1, 0, -1, 0], df="between-within").df == 193
    for rows, df, statistic in (
        (eye[1:3], 192, 36.91),
        (eye[5:7], 334, 80.96),
        (eye[1:3] + eye[5:7], 192, 117.65),
    ):
        found = full.test(rows, df="between-within")
        assert (found.df_num, found.df_den, found.statistic) == (2, df, approx(statistic, rel=1e-3))


# openpharma/mmrm tests/testthat/_snaps/emmeans.md: means at the average of a baseline under sp_exp(VISITN, VISITN2)
@needs_reference
def test_differences_at_the_mean_of_a_covariate_match_emmeans():
    fit = mixed.fit(
        fev(),
        formula="FEV1 ~ FEV1_BL + ARMCD * AVISIT",
        subject="USUBJID",
        visit=("VISITN", "VISITN2"),
        structure="SP_EXP",
    )
    for one, other, estimate, se, df in (
        (("PBO", "VIS1"), ("TRT", "VIS1"), -4.58256155613587, 1.17792215101562, 515.783958214491),
        (("PBO", "VIS2"), ("PBO", "VIS3"), -5.32119393648455, 1.03621794370689, 316.433429268676),
        (("PBO", "VIS4"), ("TRT", "VIS4"), -4.72884499391284, 1.17549724125026, 516.650695813446),
    ):
        at, versus = (dict(zip(("ARMCD", "AVISIT"), cell, strict=True)) for cell in (one, other))
        found = fit.difference(at, versus, df="satterthwaite")
        assert (found.estimate, found.se, found.df) == approx((estimate, se, df), rel=1e-4)


# openpharma/mmrm tests/testthat/test-emmeans.R: means over visits with log(FEV1_BL) at the mean of FEV1_BL
@needs_reference
def test_means_of_a_transformed_covariate_match_emmeans():
    fit = mixed.fit(fev(), formula="FEV1 ~ log(FEV1_BL) + AVISIT", structure="AR1", **FEV)
    found = [fit.mean({"AVISIT": f"VIS{v}"}).estimate for v in (1, 2, 3, 4)]
    assert found == approx([34.99641, 39.86572, 44.54411, 50.53663], rel=1e-5)


@needs_reference
@pytest.mark.parametrize("structure", SAS_EMPIRICAL)
def test_sandwich_matches_sas(structure):
    where = dict(subject="USUBJID", visit=("VISITN", "VISITN2")) if structure == "SP_EXP" else FEV
    for weights, (intercept, arm) in ((None, SAS_EMPIRICAL[structure][:2]), ("WEIGHT", SAS_EMPIRICAL[structure][2:])):
        fit = mixed.fit(fev(), formula="FEV1 ~ ARMCD", structure=structure, weights=weights, **where)
        expected = np.array([[intercept, -intercept], [-intercept, arm]])
        assert fit.covariance_of("CR0") == approx(expected, rel=1e-4)


# openpharma/mmrm tests/testthat/_snaps/empirical.md (jackknife, bias-reduced) and test-satterthwaite.R
@needs_reference
def test_small_sample_sandwiches_match_mmrm():
    fit = mixed.fit(fev(), formula="FEV1 ~ ARMCD", structure="AR1", **FEV)
    for kind, intercept, arm in (
        ("CR0", 0.276669200825678, 0.681966674143019),
        ("CR2", 0.27938383855849, 0.689265455017577),
        ("CR3", 0.282126502688394, 0.696645916580453),
    ):
        assert fit.covariance_of(kind) == approx(np.array([[intercept, -intercept], [-intercept, arm]]), rel=2e-6)
    fit = mixed.fit(fev(), formula="FEV1 ~ RACE + SEX", **FEV)
    found = fit.contrast([1, 0, 0, 0], df="satterthwaite", covariance="CR0")
    assert (found.estimate, found.se, round(found.df)) == (approx(40.94273, rel=1e-4), approx(0.68615, rel=1e-4), 58)
    joint = fit.test(np.eye(4)[1:3], df="satterthwaite", covariance="CR0")
    assert (joint.df_num, round(joint.df_den), joint.statistic) == (2, 112, approx(37.603, rel=1e-3))


# Case MMRM-ANTIDEP (mmrm through rbmi and CAMIS)
@needs_reference
def test_antidepressant_trial_matches_mmrm():
    case = cases()["MMRM-ANTIDEP"]
    formula = "CHANGE ~ THERAPY * C(VISIT) + GENDER + BASVAL * C(VISIT)"
    fit = mixed.fit(antidepressant(), formula=formula, subject="PATIENT", visit="VISIT")
    found = fit.difference({"THERAPY": "DRUG", "VISIT": 7}, {"THERAPY": "PLACEBO"}, df="satterthwaite")
    for figures, tight in ((case["expected"], False), (case["computed"], True)):
        tol = dict.fromkeys(case["tol"], 1e-7) if tight else case["tol"]
        values = dict(est=found.estimate, se=found.se, df=found.df, p=found.p_value, minus2RLL=-2 * fit.loglik)
        for key, value in values.items():
            assert value == approx(figures[key], abs=max(tol[key], 1e-6))
        assert [found.lower, found.upper] == approx(figures["ci"], abs=max(tol["ci"], 1e-6))
        assert fit.sigma == approx(np.array(figures["cov"]), abs=max(tol["cov"], 1e-5))


# R 4.2 pbkrtest 0.5.2, lmerTest 3.1-3: lmer(sugpct ~ block + sow + harvest + (1 | block:harvest), beets), the balanced
# split plot of Halekoh and Hojsgaard 2014: KRmodcomp for sow F(4, 20) = 101, for harvest F(1, 2) = 15.21053
@pytest.mark.parametrize("df", ["kenward-roger", "kenward-roger-expected", "satterthwaite"])
def test_balanced_split_plot_has_the_tests_of_the_analysis_of_variance(df):
    fit = mixed.fit(beets(), formula="sugar ~ block + sow + harvest", subject="plot", structure="RI")
    for name, count, below, statistic in (
        ("sow", 4, 20, 101.0),
        ("harvest", 1, 2, 15.21052632),
        ("block", 2, 2, 2.578947368),
    ):
        found = fit.effect(name, df=df)
        assert (found.df_num, found.df_den, found.scale) == (count, approx(below, rel=1e-6), approx(1, abs=1e-6))
        assert found.statistic == approx(statistic, rel=1e-8)
    # by hand: mean squares of the split plot
    y = beets().set_index(["harvest", "block", "sow"])["sugar"].unstack()
    plots = y.mean(axis=1).unstack()
    rest = plots.sub(plots.mean(axis=1), axis=0).sub(plots.mean(), axis=1) + plots.to_numpy().mean()
    error = 5 * (rest.to_numpy() ** 2).sum() / 2
    between = 15 * ((plots.mean(axis=1) - plots.to_numpy().mean()) ** 2).sum()
    assert fit.effect("harvest").statistic == approx(between / error, rel=1e-8)


# The same calls without five plots: KRmodcomp(...)$stats and $aux, summary(ddf = "Kenward-Roger"), anova(type = 3)
def test_unbalanced_split_plot_matches_pbkrtest_and_lmertest():
    fit = mixed.fit(unbalanced_beets(), formula="sugar ~ block + sow + harvest", subject="plot", structure="RI")
    assert [p.estimate for p in fit.parameters] == approx([0.000208676457221, 0.002635172529576], rel=1e-6)
    assert fit.loglik == approx(19.6752296961, abs=1e-9)
    sow = fit.effect("sow", df="kenward-roger-expected")
    assert (sow.df_den, sow.statistic, sow.scale) == approx((15.4281663014, 73.1605304958, 0.999731542867), rel=1e-7)
    assert sow.p_value == approx(7.75589805923e-10, rel=1e-6)
    harvest = fit.effect("harvest", df="kenward-roger-expected")
    assert (harvest.df_den, harvest.statistic, harvest.p_value) == approx(
        (2.02368760545, 24.9640232521, 0.0369040978), rel=1e-6
    )
    for name, se, df in (
        ("Intercept", 0.0309129754171, 4.89518133316),
        ("block[T.block3]", 0.0294178867787, 1.85307058335),
        ("sow[T.sow4]", 0.0344760503261, 15.46542678225),
    ):
        found = fit.contrast({name: 1.0}, df="kenward-roger-expected")
        assert (found.se, found.df) == approx((se, df), rel=1e-7)
    sow = fit.effect("sow", df="satterthwaite")
    assert (sow.df_den, sow.statistic) == approx((15.415937083, 75.02398), rel=1e-6)
    assert fit.effect("harvest", df="satterthwaite").df_den == approx(2.007198011, rel=1e-6)


# R 4.2 pbkrtest 0.5.2, lmerTest 3.1-3: lmer(wear ~ material + (1 | boy)), the vignette's shoes less two
def test_paired_data_with_two_values_missing_match_pbkrtest_and_lmertest():
    fit = mixed.fit(shoes(), formula="wear ~ material", subject="boy", structure="RI")
    found = fit.contrast([0, 1], df="kenward-roger-expected")
    expected = (0.346046665909, 0.141398813442, 7.02190435986, 0.0441763740882)
    assert (found.estimate, found.se, found.df, found.p_value) == approx(expected, rel=1e-6)
    adjusted = np.array([[0.63973129447977, -0.00999681222136], [-0.00999681222136, 0.01999362444271]])
    assert fit.covariance_of("kenward-roger-expected") == approx(adjusted, rel=1e-6)
    found = fit.contrast([0, 1], df="satterthwaite")
    assert (found.se, found.df) == approx((0.141287834603, 7.01086342116), rel=1e-6)


# R 4.2 lmerTest 3.1-3 with pbkrtest 0.5.2 on sleepstudy: (1 | Subject) and (Days | Subject)
def test_sleep_study_matches_pbkrtest_and_lmertest():
    fit = mixed.fit(sleepstudy(), formula="reaction ~ days", subject="subject", structure="RI")
    for df in ("kenward-roger-expected", "satterthwaite"):
        found = [fit.contrast(row, df=df) for row in ([1, 0], [0, 1])]
        assert [c.se for c in found] == approx([9.746716269209, 0.804221428945], rel=1e-7)
        assert [c.df for c in found] == approx([22.8101990, 161], rel=1e-7)
    fit = mixed.fit(sleepstudy(), formula="reaction ~ days", subject="subject", visit="days", structure="RIS")
    for df in ("kenward-roger-expected", "satterthwaite"):
        found = [fit.contrast(row, df=df) for row in ([1, 0], [0, 1])]
        assert [c.se for c in found] == approx([6.82459669495, 1.54578964391], rel=2e-5)
        assert [c.df for c in found] == approx([17, 17], rel=1e-6)


def by_differences(fit: mixed.Fit):
    """Phi, its derivatives by the covariance parameters and their covariances, from dense matrices and differences."""
    shape = STRUCTURES[fit.structure]
    m = len(fit.visits)
    lag = shape.lags(np.arange(float(m))[:, None])
    x, y = fit.design.x, fit.design.y

    def parts(theta):
        v = dense(fit, shape.working(theta, m, lag)[0])
        inverse = np.linalg.inv(v)
        return v, inverse, np.linalg.inv(x.T @ inverse @ x)

    def minus_log_likelihood(theta):
        v, inverse, phi = parts(theta)
        r = y - x @ phi @ x.T @ inverse @ y
        return (np.linalg.slogdet(v)[1] - np.linalg.slogdet(phi)[1] + r @ inverse @ r) / 2

    count, h = len(fit.theta), 1e-4
    eye = np.eye(count) * h
    at = fit.theta
    hessian = np.empty((count, count))
    for i in range(count):
        for j in range(count):
            hessian[i, j] = sum(
                a * b * minus_log_likelihood(at + a * eye[i] + b * eye[j]) for a in (1, -1) for b in (1, -1)
            ) / (4 * h * h)
    _, inverse, phi = parts(at)
    dv = np.array([(parts(at + e)[0] - parts(at - e)[0]) / (2 * h) for e in eye])
    dphi = np.array([(parts(at + e)[2] - parts(at - e)[2]) / (2 * h) for e in eye])
    p = inverse - inverse @ x @ phi @ x.T @ inverse
    expected = np.array([[np.trace(p @ a @ p @ b) / 2 for b in dv] for a in dv])
    return phi, dphi, dv, inverse, np.linalg.inv(hessian), np.linalg.inv(expected)


@pytest.mark.parametrize("structure", ["UN", "CS", "TOEP", "AR1H"])
def test_kenward_roger_and_satterthwaite_follow_from_dense_matrices(structure):
    fit = mixed.fit(trial(2, n=14), formula="y ~ arm * C(visit) + x", subject="id", visit="visit", structure=structure)
    phi, dphi, dv, inverse, observed, expected = by_differences(fit)
    x = fit.design.x
    p_of = [-x.T @ inverse @ d @ inverse @ x for d in dv]
    for df, w in (("kenward-roger-linear", observed), ("kenward-roger-expected", expected)):
        if df.endswith("expected") and not STRUCTURES[structure].linear:
            continue
        middle = np.zeros_like(phi)
        for i, a in enumerate(dv):
            for j, b in enumerate(dv):
                q = x.T @ inverse @ a @ inverse @ b @ inverse @ x
                middle += w[i, j] * (q - p_of[i] @ phi @ p_of[j])
        assert fit.covariance_of(df) == approx(phi + 2 * phi @ middle @ phi, rel=1e-4, abs=1e-7)
    row = np.zeros(len(fit.names))
    row[[1, -1]] = 1.0, 0.5
    slope = np.array([row @ d @ row for d in dphi])
    nu = 2 * (row @ phi @ row) ** 2 / (slope @ observed @ slope)
    assert fit.contrast(row, df="satterthwaite").df == approx(nu, rel=1e-4)
    assert fit.contrast(row, df="kenward-roger-linear").df == approx(nu, rel=1e-4)
    rows = np.eye(len(fit.names))[1:4]
    found = fit.test(rows, df="kenward-roger-linear")
    df_den, scale = kenward_roger_by_the_paper(rows, phi, dphi, observed)
    assert (found.df_den, found.scale) == approx((df_den, scale), rel=1e-4)
    shift = rows @ fit.coefficients
    adjusted = rows @ fit.covariance_of("kenward-roger-linear") @ rows.T
    assert found.statistic == approx(scale * shift @ np.linalg.solve(adjusted, shift) / 3, rel=1e-4)


def kenward_roger_by_the_paper(rows, phi, dphi, w):
    """Kenward and Roger 1997, page 987, the paper's P being minus Phi^-1 dPhi Phi^-1."""
    count = len(rows)
    theta = rows.T @ np.linalg.inv(rows @ phi @ rows.T) @ rows
    turned = [theta @ d for d in dphi]
    a1 = sum(w[i, j] * np.trace(a) * np.trace(b) for i, a in enumerate(turned) for j, b in enumerate(turned))
    a2 = sum(w[i, j] * np.trace(a @ b) for i, a in enumerate(turned) for j, b in enumerate(turned))
    b = (a1 + 6 * a2) / (2 * count)
    g = ((count + 1) * a1 - (count + 4) * a2) / ((count + 2) * a2)
    c = np.array([g, count - g, count + 2 - g]) / (3 * count + 2 * (1 - g))
    mean = 1 / (1 - a2 / count)
    variance = 2 / count * (1 + c[0] * b) / ((1 - c[1] * b) ** 2 * (1 - c[2] * b))
    rho = variance / (2 * mean**2)
    m = 4 + (count + 2) / (count * rho - 1)
    return m, m / (mean * (m - 2))


def test_sandwiches_follow_from_the_leverage_of_each_subject():
    fit = mixed.fit(trial(4), formula="y ~ arm + x", subject="id", visit="visit", structure="CSH")
    x, v = fit.design.x, dense(fit, fit.sigma)
    residual = fit.design.y - x @ fit.coefficients
    phi = np.linalg.inv(x.T @ np.linalg.solve(v, x))
    root = np.linalg.cholesky(np.linalg.inv(v))
    subjects = fit.n_subjects
    for kind, factor in (
        ("CR0", 1.0),
        ("CR1", subjects / (subjects - 1)),
        ("CR1S", subjects / (subjects - 1) * (fit.n - 1) / (fit.n - 3)),
        ("CR2", 1.0),
        ("CR3", 1.0),
    ):
        meat = np.zeros((3, 3))
        for s in range(subjects):
            own = fit.design.subject == s
            a = (root.T @ x)[own]
            e = (root.T @ residual)[own]
            left = np.eye(own.sum()) - a @ phi @ a.T
            if kind == "CR3":
                e = np.linalg.solve(left, e)
            if kind == "CR2":
                values, vectors = np.linalg.eigh(left)
                e = (vectors / np.sqrt(values)) @ vectors.T @ e
            meat += np.outer(a.T @ e, a.T @ e)
        assert fit.covariance_of(kind) == approx(factor * phi @ meat @ phi, rel=1e-8)


# CR3 is the jackknife over subjects with the covariance held, up to the centre of the leave-one-out estimates
def test_cr3_is_the_jackknife_over_subjects():
    fit = mixed.fit(trial(4), formula="y ~ arm + x", subject="id", visit="visit", structure="CS")
    x, y, v = fit.design.x, fit.design.y, dense(fit, fit.sigma)
    spread = np.zeros((3, 3))
    for s in range(fit.n_subjects):
        rest = fit.design.subject != s
        w = np.linalg.inv(v[np.ix_(rest, rest)])
        moved = np.linalg.solve(x[rest].T @ w @ x[rest], x[rest].T @ w @ y[rest]) - fit.coefficients
        spread += np.outer(moved, moved)
    assert fit.covariance_of("CR3") == approx(spread, rel=1e-8)


# Bell and McCaffrey's df: one mean of independent subjects with one row has n - 1
def test_satterthwaite_of_a_sandwich_is_n_minus_1_for_one_mean():
    data = trial(missing=0.0).query("visit == 0")
    fit = mixed.fit(data, formula="y ~ 1", subject="id", visit="visit")
    for kind in ("CR0", "CR2", "CR3"):
        found = fit.contrast([1.0], df="satterthwaite", covariance=kind)
        assert found.df == approx(15, rel=1e-9)
    assert fit.contrast([1.0], df="residual", covariance="CR2").se == approx(data["y"].std() / 4, rel=1e-9)


def test_intervals_and_p_values_are_those_of_the_t_distribution():
    fit = mixed.fit(trial(), formula="y ~ arm + x", subject="id", visit="visit")
    row = {"arm[T.b]": 1.0}
    two = fit.contrast(row, level=0.9, null=0.4)
    z = (two.estimate - 0.4) / two.se
    assert two.p_value == approx(2 * t.sf(abs(z), two.df), rel=1e-9)
    assert (two.lower, two.upper) == approx(t.interval(0.9, two.df, two.estimate, two.se), rel=1e-9)
    up = fit.contrast(row, level=0.95, null=0.4, alternative="greater")
    down = fit.contrast(row, level=0.95, null=0.4, alternative="less")
    assert (up.lower, down.upper) == approx((two.lower, two.upper), rel=1e-9)
    assert (up.upper, down.lower) == (np.inf, -np.inf)
    assert (up.p_value, down.p_value) == approx((t.sf(z, two.df), t.cdf(z, two.df)), rel=1e-9)
    normal = fit.contrast(row, df="normal")
    assert normal.upper - normal.estimate == approx(norm.isf(0.025) * normal.se, rel=1e-6)
    assert fit.contrast(row, df="residual").df == fit.n - 3


@pytest.mark.parametrize("df", ["kenward-roger", "satterthwaite", "between-within", "residual", "normal"])
def test_joint_test_of_one_row_is_the_square_of_its_t(df):
    fit = mixed.fit(trial(), formula="y ~ arm * C(visit)", subject="id", visit="visit", structure="TOEP")
    row = np.array([0, 1, 0, 0, 0.5, 0.5])
    one, joint = fit.contrast(row, df=df, null=0.1), fit.test([row], df=df, null=0.1)
    assert joint.statistic == approx(((one.estimate - 0.1) / one.se) ** 2, rel=1e-9)
    assert (joint.df_num, joint.df_den, joint.scale) == (1, approx(one.df), 1.0)
    assert joint.p_value == approx(one.p_value, rel=1e-6)
    doubled = fit.test([row, 2 * row], df=df, null=[0.1, 0.2])
    assert (doubled.df_num, doubled.statistic) == (1, approx(joint.statistic, rel=1e-8))


def test_weights_of_means_are_those_of_emmeans():
    rng = np.random.default_rng(8)
    data = pd.DataFrame({"id": np.arange(40), "site": ["n", "n", "n", "s"] * 10, "sex": (["f"] * 3 + ["m"] * 2) * 8})
    data = data.assign(arm=(["a"] * 4 + ["b"] * 4) * 5, x=rng.normal(size=40), y=rng.normal(size=40), visit=1)
    fit = mixed.fit(data, formula="y ~ arm * site + sex + x * arm", subject="id", visit="visit")
    beta = dict(zip(fit.names, fit.coefficients, strict=True))

    def mean(arm, site, sex, x):
        b, s, m = float(arm == "b"), float(site == "s"), float(sex == "m")
        both = b * s * beta["arm[T.b]:site[T.s]"] + b * x * beta["x:arm[T.b]"]
        alone = b * beta["arm[T.b]"] + s * beta["site[T.s]"] + m * beta["sex[T.m]"] + x * beta["x"]
        return beta["Intercept"] + alone + both

    centre = data["x"].mean()
    cells = [(a, b) for a in "ns" for b in "fm"]
    joint = data.groupby(["site", "sex"]).size() / 40
    single = {**data["site"].value_counts(normalize=True), **data["sex"].value_counts(normalize=True)}
    expected = {
        "equal": sum(mean("b", *c, centre) for c in cells) / 4,
        "proportional": sum(joint.get(c, 0) * mean("b", *c, centre) for c in cells),
        "outer": sum(single[c[0]] * single[c[1]] * mean("b", *c, centre) for c in cells),
        "counterfactual": np.mean([mean("b", r.site, r.sex, r.x) for r in data.itertuples()]),
    }
    for weights, value in expected.items():
        assert fit.mean({"arm": "b"}, weights=weights).estimate == approx(value, rel=1e-9)
    assert fit.mean({"arm": "b", "x": 2.0, "site": "s", "sex": "m"}).estimate == approx(
        mean("b", "s", "m", 2), rel=1e-9
    )
    assert fit.mean({"arm": "b"}).n == 20
    with pytest.raises(InvalidInput, match="weights"):
        fit.mean({"arm": "b"}, weights="cells")


def test_effect_of_a_number_is_its_slope():
    fit = mixed.fit(trial(), formula="y ~ arm + x", subject="id", visit="visit")
    assert fit.effect("x").statistic == approx(fit.test([[0, 0, 1]]).statistic, rel=1e-8)
    with pytest.raises(InvalidInput, match="no variable"):
        fit.effect("site")


def test_a_contrast_without_variance_is_singular_and_not_a_number():
    fit = mixed.fit(trial(), formula="y ~ arm", subject="id", visit="visit")
    point = replace(fit.solution.point, phi=np.zeros((2, 2)))
    broken = replace(fit, solution=replace(fit.solution, point=point))
    found = broken.contrast([0, 1], df="satterthwaite")
    assert (found.reason, found.se, found.p_value) == ("singular", None, None)
    assert broken.test([[0, 1]], df="satterthwaite").reason == "singular"


@pytest.mark.parametrize(
    ("how", "message"),
    [
        (dict(df="containment"), "df is 'containment'"),
        (dict(level=95), "level"),
        (dict(alternative="bigger"), "alternative"),
        (dict(covariance="HC3"), "covariance is 'HC3'"),
        (dict(covariance="CR2"), "covariance of its own"),
        (dict(weights=[0.0, 0.0, 0.0]), "all zero"),
        (dict(weights=[1.0]), "one finite weight for each"),
        (dict(weights=[np.nan, 0, 0]), "one finite weight for each"),
        (dict(weights={"arm": 1.0}), "no coefficient arm"),
    ],
)
def test_contrasts_that_mean_nothing_are_refused(how, message):
    fit = mixed.fit(trial(), formula="y ~ arm + x", subject="id", visit="visit", structure="CS")
    with pytest.raises(InvalidInput, match=message):
        fit.contrast(**dict(weights=[0.0, 1.0, 0.0]) | how)


def test_kenward_roger_is_refused_for_maximum_likelihood():
    fit = mixed.fit(trial(), formula="y ~ arm", subject="id", visit="visit", structure="CS", method="ML")
    with pytest.raises(InvalidInput, match="REML only"):
        fit.contrast([0, 1])
    with pytest.raises(InvalidInput, match="REML only"):
        fit.covariance_of("kenward-roger")
    for bad in ([[0, 1, 0]], [[0, 0]], [[np.inf, 1]]):
        with pytest.raises(InvalidInput):
            fit.test(bad, df="satterthwaite")
