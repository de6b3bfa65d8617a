"""Power and size for means, equivalence, correlations, repeated and clustered outcomes, and the precision of means."""

from math import atanh, log, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx
from scipy.integrate import dblquad, quad
from scipy.stats import chi2, nct, norm, t
from statsmodels.stats.power import TTestIndPower, TTestPower

from helpers.errors import InvalidInput
from helpers.stats.power import correlation, equivalence, one_mean, precision, repeated, two_means


# R 4.2, documentation of power.t.test and further calls
def test_power_t_test_matches_r():
    assert two_means.power(1, 1, n=20).power == approx(0.8689528, abs=5e-8)
    assert two_means.size(1, 1, power=0.9).unrounded == approx(22.02110, abs=5e-6)
    assert two_means.size(1, 1, power=0.9, alternative="greater").unrounded == approx(17.84713, abs=2e-5)
    assert two_means.power(1.2, 1, n=15, alternative="greater").power == approx(0.9406799172, abs=1e-9)
    assert two_means.size(0.5, 1, power=0.9, strict=True).unrounded == approx(85.03126146, abs=1e-4)
    assert one_mean.detectable(2, n=20, power=0.9).difference == approx(1.528897724, abs=3e-5)  # by uniroot


# statpsych documentation: power.mean, power.mean2, power.mean.ps
def test_powers_match_statpsych():
    assert one_mean.power(7, sqrt(80.5), n=15, strict=True).power == approx(0.8021669, abs=5e-8)
    welch = two_means.power(2, sqrt(5), sd_ref=sqrt(6), n=25, method="welch", strict=True)
    assert welch.power == approx(0.8398417, abs=5e-8)
    sd = one_mean.paired_sd(sqrt(10), sqrt(12), correlation=0.7)
    assert one_mean.power(2, sd, n=20, strict=True).power == approx(0.9074354, abs=5e-8)


# statpsych documentation: size.test.mean2, size.test.mean, size.test.mean.ps, size.test.ancova2
def test_sizes_match_statpsych():
    for ratio, n, n_ref in ((1, 27, 27), (3, 19, 57), (0.5, 40, 20)):
        found = two_means.size(10, 10, power=0.95, ratio=ratio, method="guenther")
        assert (found.n, found.n_ref) == (n, n_ref)
    assert one_mean.size(1.5, sqrt(8.2), power=0.9, method="guenther").n == 41
    sd = one_mean.paired_sd(sqrt(1.25), sqrt(1.25), correlation=0.75)
    assert one_mean.size(0.5, sd, method="guenther").n == 22
    for ratio, imbalance, n, n_ref in ((1, 0, 61, 61), (2, 0, 47, 94), (1, 0.5, 65, 65)):
        found = two_means.size(
            0.7, sqrt(1.37), power=0.9, method="guenther", covariates=1, ratio=ratio, imbalance=imbalance
        )
        assert (found.n, found.n_ref) == (n, n_ref)


# Chow, Shao, Wang 2003, examples 3.2.4 and 3.1.4 (R TrialSize): 63, 50, 107, 32, 7 before rounding up
def test_chow_shao_wang_examples_of_means():
    assert two_means.size(0.05, 0.1, method="z").n == 63
    assert two_means.size(0, 0.1, margin=-0.05, alternative="greater", method="z").n == 50
    bound = equivalence.means_size(0.01, 0.1, lower=-0.05, upper=0.05, alpha=0.1, power=0.9, method="bound")
    assert bound.unrounded == approx(107.05, abs=0.005)
    assert one_mean.size(0.5, 1, method="z").n == 32
    assert one_mean.size(0.5, 1, margin=-0.5, alternative="greater", method="z").n == 7


@given(
    st.floats(0.2, 2),
    st.integers(3, 60),
    st.sampled_from([0.5, 1.0, 2.0]),
    st.sampled_from([0.01, 0.05]),
    st.booleans(),
)
@settings(max_examples=60)
def test_t_powers_agree_with_statsmodels(effect, n, ratio, alpha, two_sided):
    sides = ("two-sided", "two-sided") if two_sided else ("greater", "larger")
    ours = two_means.power(effect, 1, n=n, n_ref=ratio * n, alpha=alpha, alternative=sides[0], strict=True).power
    theirs = TTestIndPower().power(effect, n, alpha, ratio=ratio, alternative=sides[1])
    if np.isfinite(theirs):  # statsmodels has NaN where scipy's lower tail underflows
        assert ours == approx(theirs, rel=1e-6, abs=1e-9)
    ours = one_mean.power(effect, 1, n=n, alpha=alpha, alternative=sides[0], strict=True).power
    theirs = TTestPower().power(effect, n, alpha, alternative=sides[1])
    if np.isfinite(theirs):
        assert ours == approx(theirs, rel=1e-6, abs=1e-9)


# Without a library: the power as an integral over the estimated standard deviation
@pytest.mark.parametrize(("difference", "n", "n_ref"), [(0.8, 16, 15), (1.5, 4, 9)])
def test_the_t_power_agrees_with_an_integral_over_the_standard_deviation(difference, n, n_ref):
    df, se = n + n_ref - 2, sqrt(1 / n + 1 / n_ref)
    bar = t.isf(0.025, df)

    def above(x):
        return norm.sf(bar * sqrt(x / df) - difference / se) * chi2.pdf(x, df)

    assert two_means.power(difference, 1, n=n, n_ref=n_ref).power == approx(quad(above, 0, 200)[0], rel=1e-7)


@given(
    st.floats(0.1, 3),
    st.floats(0.5, 3),
    st.sampled_from(["t", "welch", "z"]),
    st.sampled_from([0.5, 1.0, 3.0]),
    st.sampled_from(["two-sided", "greater", "less"]),
    st.booleans(),
)
@settings(max_examples=60)
def test_size_power_and_detectable_difference_are_inverse(difference, sd, method, ratio, alternative, strict):
    difference = -difference if alternative == "less" else difference
    options = {"method": method, "alternative": alternative, "strict": strict, "alpha": 0.04}
    found = two_means.size(difference, sd, power=0.9, ratio=ratio, **options)
    n = found.unrounded
    if n > 2 * max(1, 1 / ratio):  # else the fewest units there can be have more power
        back = two_means.power(difference, sd, n=n, n_ref=ratio * n, **options).power
        assert back == approx(0.9, rel=1e-6)
        detected = two_means.detectable(sd, n=n, n_ref=ratio * n, power=0.9, **options)
        assert detected.difference == approx(difference, rel=1e-6)
    assert found.power >= 0.9 - 1e-9


# Borm, Fransen, Lemmens 2007: the covariate leaves 1 - rho^2 of the variance
def test_a_covariate_leaves_its_part_of_the_variance():
    plain = two_means.size(0.5, 1, power=0.9, method="z").unrounded
    assert two_means.size(0.5, 1, power=0.9, method="z", correlation=0.7).unrounded == approx(0.51 * plain)
    adjusted = two_means.power(0.5, 1, n=30, correlation=0.7, covariates=2).power
    df, ahead = 60 - 2 - 2, 0.5 / sqrt(0.51 * 2 / 30)
    assert adjusted == approx(nct.sf(t.isf(0.025, df), df, ahead), rel=1e-9)
    assert two_means.power(0.5, 1, n=30, method="t", imbalance=1.0).power < two_means.power(0.5, 1, n=30).power


def test_a_margin_moves_the_difference():
    shifted = two_means.power(1.0, 2.0, n=30, margin=-0.5, alternative="greater").power
    assert shifted == two_means.power(1.5, 2.0, n=30, alternative="greater").power


def test_designs_without_degrees_of_freedom_or_effect_have_a_reason():
    assert two_means.power(1, 1, n=1).reason == "too-few"
    assert two_means.power(1, 1, n=3, covariates=5).reason == "too-few"
    assert two_means.power(1, 1, n=1, n_ref=9, method="welch", sd_ref=2).reason == "too-few"
    assert two_means.detectable(1, n=1).reason == "too-few"
    assert one_mean.power(1, 1, n=1).reason == "too-few"
    assert one_mean.detectable(1, n=1).reason == "too-few"
    assert two_means.size(0, 1).reason == "unreachable"
    assert two_means.size(-1, 1, alternative="greater").reason == "unreachable"
    assert one_mean.size(0, 1).reason == "unreachable"
    assert equivalence.means_power(0, 1, n=1, lower=-1, upper=1).reason == "too-few"
    assert equivalence.means_size(2, 1, lower=-1, upper=1).reason == "unreachable"
    assert equivalence.proportions_size(0.9, 0.5, lower=-0.1, upper=0.1).reason == "unreachable"
    assert correlation.power(0.5, n=3).reason == "too-few"
    assert correlation.detectable(n=3).reason == "too-few"
    assert correlation.size(0.3, null=0.3).reason == "unreachable"


def test_extreme_effects_and_sizes_stay_defined():
    assert two_means.power(100, 1, n=20).power == approx(1.0)
    assert two_means.size(100, 1, power=0.9).n == 2
    huge = two_means.size(0.001, 1, power=0.9)
    assert huge.unrounded == approx(2 * (norm.isf(0.025) + norm.isf(0.1)) ** 2 * 1e6, rel=1e-6)
    assert two_means.power(-3, 1, n=20, alternative="greater").power == approx(0.0, abs=1e-12)


# PowerTOST documentation: power.TOST(CV = 0.25, n = 24) and sampleN.TOST(CV = 0.3): n = 40, power 0.815845 (2x2 design)
def test_equivalence_powers_match_powertost():
    for cv, n, power in ((0.25, 24, 0.7391155), (0.3, 40, 0.815845)):
        se = sqrt(log(cv**2 + 1) * 2 / n)
        found = equivalence.tost_power(log(0.95), se=se, df=n - 2, lower=log(0.8), upper=log(1.25))
        assert found.power == approx(power, abs=5e-7)


# statpsych documentation: size.equiv.prop2(.1, .9, .8, .8, .075); size.equiv.mean2 adds z^2 / 4 to the bound: 50
def test_equivalence_sizes_match_statpsych():
    found = equivalence.proportions_size(0.8, 0.8, lower=-0.075, upper=0.075, alpha=0.1, power=0.9)
    assert found.n == 488
    means = equivalence.means_size(2, sqrt(15), lower=-4, upper=4, alpha=0.1, power=0.8, method="bound")
    assert np.ceil(means.unrounded + norm.isf(0.1) ** 2 / 4) == 50


@pytest.mark.parametrize(("difference", "n", "df"), [(0.0, 12, 22), (0.3, 30, 58), (0.1, 4, 6)])
def test_equivalence_power_agrees_with_a_double_integral(difference, n, df):
    se, bar = sqrt(2 / n), t.isf(0.05, df)

    def density(estimate, s):
        return norm.pdf(estimate, difference, se) * 2 * s * df * chi2.pdf(df * s * s, df)

    most = 1 / (se * bar)
    expected = dblquad(
        density, 0, min(most, 4), lambda s: -1 + bar * se * s, lambda s: 1 - bar * se * s, epsabs=1e-10, epsrel=1e-9
    )[0]
    found = equivalence.means_power(difference, 1, n=n, lower=-1, upper=1)
    assert found.power == approx(expected, rel=1e-6)


@given(st.floats(-0.3, 0.3), st.sampled_from(["t", "z", "bound"]), st.sampled_from([1.0, 2.0]))
@settings(max_examples=30)
def test_equivalence_sizes_have_their_power(difference, method, ratio):
    found = equivalence.means_size(difference, 1, lower=-0.8, upper=0.8, ratio=ratio, method=method)
    n = found.unrounded
    back = equivalence.means_power(difference, 1, n=n, n_ref=ratio * n, lower=-0.8, upper=0.8, method=method)
    assert back.power == approx(0.8, rel=1e-6)
    exact = equivalence.means_power(difference, 1, n=n, n_ref=ratio * n, lower=-0.8, upper=0.8, method="z").power
    bound = equivalence.means_power(difference, 1, n=n, n_ref=ratio * n, lower=-0.8, upper=0.8, method="bound").power
    assert bound <= exact + 1e-12


# statpsych documentation: power.cor(.05, 80, .3, 0, 0); size.test.cor(.05, .95, -.5, 0, 0) and (.05, .9, .4, 2, 0)
def test_correlation_power_matches_statpsych():
    assert correlation.power(0.3, n=80, strict=True).power == approx(0.7751947, abs=5e-8)
    assert correlation.size(-0.5, power=0.95).n == 47
    assert correlation.size(0.4, power=0.9, controls=2).n == 64


# R pwr: pwr.r.test(r = .3, n = 50) and pwr.r.test(r = .3, power = .8), by its formula in R 4.2
def test_correlation_power_matches_pwr():
    assert correlation.power(0.3, n=50, method="t", strict=True).power == approx(0.5715558419, abs=1e-10)
    assert correlation.size(0.3, method="t", strict=True).unrounded == approx(84.07363774, abs=1e-4)


# At rho = 0 the t test of a correlation is exact, and its distribution is that of t
@given(st.floats(-0.95, 0.95), st.integers(4, 60))
@settings(max_examples=30)
def test_the_exact_distribution_without_correlation_is_that_of_t(r, n):
    expected = t.cdf(r * sqrt((n - 2) / (1 - r * r)), n - 2)
    assert correlation.probability_below(r, rho=0.0, n=n) == approx(expected, rel=1e-9, abs=1e-14)


# Fisher 1915 by way of the regression of y on x: given x the t statistic is noncentral, its noncentrality a chi
# variable
@pytest.mark.parametrize(("r", "rho", "n"), [(0.3, 0.5, 10), (0.9, 0.8, 6), (-0.2, 0.3, 25)])
def test_the_exact_distribution_agrees_with_a_mixture_of_noncentral_t(r, rho, n):
    bar, slope = r * sqrt((n - 2) / (1 - r * r)), rho / sqrt(1 - rho * rho)

    def below(x):
        return nct.cdf(bar, n - 2, slope * sqrt(x)) * chi2.pdf(x, n - 1)

    expected = quad(below, 0, chi2.isf(1e-14, n - 1), epsabs=1e-12, limit=200)[0]
    assert correlation.probability_below(r, rho=rho, n=n) == approx(expected, rel=1e-6)


@given(st.floats(0.15, 0.9), st.sampled_from(["fisher", "t"]), st.sampled_from(["two-sided", "greater"]))
@settings(max_examples=30)
def test_correlation_size_power_and_detectable_value_are_inverse(rho, method, alternative):
    found = correlation.size(rho, power=0.9, method=method, alternative=alternative)
    n = found.unrounded
    assert correlation.power(rho, n=n, method=method, alternative=alternative).power == approx(0.9, rel=1e-6)
    detected = correlation.detectable(n=n, power=0.9, method=method, alternative=alternative)
    assert detected.value == approx(rho, rel=1e-5)


@pytest.mark.parametrize(
    ("rho", "null", "alternative"), [(0.5, 0.0, "two-sided"), (0.3, 0.6, "less"), (0.8, 0.5, "greater")]
)
def test_the_exact_size_is_the_smallest_with_its_power(rho, null, alternative):
    n = correlation.size(rho, null=null, alternative=alternative, method="exact").n
    powers = [correlation.power(rho, n=k, null=null, alternative=alternative, method="exact").power for k in (n - 1, n)]
    assert powers[0] < 0.8 <= powers[1]
    near = correlation.size(rho, null=null, alternative=alternative).n
    assert abs(n - near) <= 4


def test_the_exact_correlation_test_keeps_its_level():
    for null in (0.0, 0.6):
        for alternative in ("greater", "less"):
            size = correlation.power(null, n=12, null=null, alternative=alternative, method="exact").power
            assert size == approx(0.05, rel=1e-8)


# presize tests/testthat/test-differences.R: Stata's ciwidth twomeans
def test_widths_of_mean_differences_match_stata():
    assert precision.mean_difference_size(3, 0.5, assurance=0.5).n == 1108
    assert precision.mean_difference_size(3, 0.5, sd_ref=2, method="z").n == 800
    assert precision.mean_difference_width(2, n=80, assurance=0.5) == approx(1.2465, abs=5e-5)


# statpsych documentation: size.ci.mean, size.ci.mean.ps, size.ci.mean2, size.ci.ancova2, size.ci.cor
def test_precision_sizes_match_statpsych():
    assert precision.mean_size(sqrt(6), 1.5, approximate=True).n == 43
    assert precision.mean_size(sqrt(2 * 5 * 0.5), 2.0, approximate=True).n == 22
    assert precision.mean_difference_size(9, 12, level=0.99, method="approximate").n == 32
    found = precision.mean_difference_size(2, 2.5, ratio=2, method="approximate")
    assert (found.n, found.n_ref) == (16, 32)
    found = precision.mean_difference_size(sqrt(1.37), 1.5, ratio=2, method="approximate", covariates=1)
    assert (found.n, found.n_ref) == (16, 32)
    assert precision.mean_difference_size(sqrt(1.37), 1.5, method="approximate", covariates=1).n == 21
    assert precision.correlation_size(0.3, 0.2).n == 320


@given(st.floats(0.5, 5), st.floats(0.3, 3), st.sampled_from([None, 0.5, 0.9]), st.sampled_from([0.9, 0.95]))
@settings(max_examples=40)
def test_sizes_give_the_width_asked_for(sd, width, assurance, level):
    found = precision.mean_size(sd, width, assurance=assurance, level=level)
    assert found.width <= width * (1 + 1e-9)
    if found.unrounded > 1.1:
        back = precision.mean_width(sd, n=found.unrounded, assurance=assurance, level=level)
        assert back == approx(width, rel=1e-7)
    two = precision.mean_difference_size(sd, width, assurance=assurance, level=level, ratio=2.0)
    assert two.width <= width * (1 + 1e-9)
    assert precision.mean_difference_size(sd, width, sd_ref=2 * sd, method="welch").width <= width * (1 + 1e-9)


def test_the_assured_width_is_not_exceeded_with_its_probability():
    width = precision.mean_width(2.0, n=12, assurance=0.8)
    reach = 2 * t.isf(0.025, 11) / sqrt(12)
    assert chi2.cdf(11 * (width / reach / 2.0) ** 2, 11) == approx(0.8, rel=1e-9)
    plain = precision.mean_width(2.0, n=12)
    assert plain == approx(2 * reach, rel=1e-12)
    assert precision.mean_width(2.0, n=12, known=True) == approx(2 * norm.isf(0.025) * 2 / sqrt(12))


def test_the_width_of_a_correlation_is_that_of_fishers_interval():
    reach = norm.isf(0.025) / sqrt(27 - 1)
    expected = np.tanh(atanh(0.4) + reach) - np.tanh(atanh(0.4) - reach)
    assert precision.correlation_width(0.4, n=30, controls=1) == approx(expected, rel=1e-12)


# Lu, Luo, Chen 2008, table 2 (longpower tests): rows 30 % and 40 % dropout, 2 and 4 visits, AR(1)
@pytest.mark.parametrize(
    ("visits", "dropout", "factors"),
    [
        (2, 0.3, (1.42857142857, 1.42428571429, 1.39, 1.32142857143, 1.21857142857, 1.08142857143)),
        (2, 0.4, (1.66666666667, 1.66, 1.60666666667, 1.5, 1.34, 1.12666666667)),
        (4, 0.3, (1.42857142857, 1.38254161827, 1.31065330422, 1.23318260783, 1.1470219989, 1.05142637125)),
        (4, 0.4, (1.66666666667, 1.59010470648, 1.47488822527, 1.3540526995, 1.22198948897, 1.0772804012)),
    ],
)
def test_variance_factors_match_lu_luo_and_chen(visits, dropout, factors):
    retention = np.linspace(1, 1 - dropout, visits)
    last = (0, 0.1, 0.3, 0.5, 0.7, 0.9)
    found = [
        repeated.variance_factor(repeated.autoregressive(p ** (1 / (visits - 1)), range(visits)), retention)
        for p in last
    ]
    assert found == approx(factors, rel=1e-9)


# longpower documentation of power.mmrm: 174 units in all, difference .5, compound symmetry .25, retention 1, .9, .8, .7
def test_mmrm_size_matches_longpower():
    design = {"correlation": repeated.compound_symmetry(0.25, 4), "retention": (1, 0.9, 0.8, 0.7)}
    found = repeated.mmrm_size(0.5, 1, **design)
    assert 2 * found.unrounded == approx(173.98350078, abs=1e-7)
    assert (found.n, found.n_ref) == (87, 87)
    assert repeated.mmrm_power(0.5, 1, n=found.unrounded, **design).power == approx(0.8, rel=1e-9)
    detected = repeated.mmrm_detectable(1, n=found.unrounded, **design)
    assert detected.difference == approx(0.5, rel=1e-9)


# Lu, Luo, Chen 2008, table 1 (longpower tests): total size by z and by t for variance factors 1 and 1, then 1 and 2
def test_mmrm_sizes_by_z_and_t_match_table_1():
    plain = {"correlation": [[1.0]], "retention": [1.0], "power": 0.9}
    half = {"retention_ref": [0.5], "correlation_ref": [[1.0]]}
    for ratio, options, by_z, by_t in (
        (1, {}, 168.11876898, 170.14760256),
        (1 / 2, {}, 189.13361511, 191.15760417),
        (1, half, 252.17815347, 254.19251991),
        (1 / 2, half, 315.22269184, 317.23132678),
    ):
        for method, total in (("z", by_z), ("t", by_t)):
            found = repeated.mmrm_size(0.5, 1, ratio=ratio, method=method, **plain, **options)
            assert found.unrounded * (1 + ratio) == approx(total, rel=1e-8)


def test_without_dropout_the_last_visit_stands_alone():
    assert repeated.variance_factor(repeated.autoregressive(0.6, [0, 1, 3]), [1, 1, 1]) == approx(1.0)
    assert repeated.variance_factor(np.eye(3), [1, 0.8, 0.5]) == approx(2.0)
    design = {"correlation": np.eye(1), "retention": [1.0]}
    one = repeated.mmrm_power(0.5, 1, n=40, n_ref=50, sd_ref=2, **design).power
    assert one == approx(two_means.power(0.5, 1, sd_ref=2, n=40, n_ref=50, method="z").power)
    less = repeated.mmrm_detectable(1, n=40, alternative="less", **design)
    assert less.difference < 0
    assert repeated.mmrm_size(-0.5, 1, alternative="greater", **design).reason == "unreachable"


# Kish 1965; Eldridge, Ashby, Kerry 2006: clusters of 20 with ICC .05; coefficient of variation .5
def test_design_effect_and_what_follows_from_it():
    assert repeated.design_effect(20, 0.05) == approx(1.95)
    assert repeated.design_effect(20, 0.05, cv=0.5) == approx(1 + (1.25 * 20 - 1) * 0.05)
    assert repeated.design_effect(1, 0.3) == 1.0
    assert repeated.effective_size(390, 20, 0.05) == approx(200.0)
    assert repeated.clusters(200, 20, 0.05) == 20
    assert repeated.with_dropout(80, 0.2) == 100
    assert repeated.with_dropout(81, 0.2) == 102
    assert repeated.with_dropout(80, 0) == 80


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: two_means.power(1, 0, n=10), "sd is 0"),
        (lambda: two_means.power(float("nan"), 1, n=10), "difference"),
        (lambda: two_means.power(1, 1, n=-1), "n is -1"),
        (lambda: two_means.power(1, 1, n=10, sd_ref=2), "welch"),
        (lambda: two_means.power(1, 1, n=10, correlation=1.0), "correlation"),
        (lambda: two_means.power(1, 1, n=10, covariates=-1), "covariates"),
        (lambda: two_means.power(1, 1, n=10, method="anova"), "method"),
        (lambda: two_means.size(1, 1, power=1.0), "power"),
        (lambda: two_means.size(1, 1, alpha=0.5, power=0.4), "power"),
        (lambda: one_mean.paired_sd(1, 1, correlation=1.1), "correlation"),
        (lambda: one_mean.power(1, 1, n=10, method="welch"), "method"),
        (lambda: equivalence.tost_power(0, se=1, lower=1, upper=-1), "lower margin"),
        (lambda: equivalence.tost_power(0, se=1, lower=-1, upper=1, df=0), "df"),
        (lambda: equivalence.means_size(0, 1, lower=-1, upper=1, method="exact"), "method"),
        (lambda: equivalence.proportions_power(0.5, 0.5, n=10, lower=-0.1, upper=0.1, method="t"), "method"),
        (lambda: equivalence.proportions_power(1.0, 0.5, n=10, lower=-0.1, upper=0.1), "p is 1.0"),
        (lambda: correlation.power(1.0, n=10), "rho"),
        (lambda: correlation.power(0.5, n=10, null=0.2, method="t"), "no correlation"),
        (lambda: correlation.power(0.5, n=10.5, method="exact"), "whole number"),
        (lambda: correlation.probability_below(2, rho=0.5, n=10), "r is 2"),
        (lambda: precision.mean_width(1, n=1), "more than 1"),
        (lambda: precision.mean_width(1, n=10, assurance=2), "assurance"),
        (lambda: precision.mean_difference_width(1, n=1), "degrees of freedom"),
        (lambda: precision.mean_difference_width(1, n=10, sd_ref=2), "welch"),
        (lambda: precision.mean_difference_width(1, n=10, method="z", assurance=0.5), "assurance"),
        (lambda: precision.mean_difference_size(1, 0.5, covariates=2), "approximate"),
        (lambda: precision.correlation_size(0.3, 3.0), "width"),
        (lambda: precision.correlation_width(0.3, n=3), "pairs"),
        (lambda: repeated.variance_factor(np.eye(2), [1, 0.5, 0.2]), "rows"),
        (lambda: repeated.variance_factor(np.eye(2), [0.5, 0.8]), "never rises"),
        (lambda: repeated.variance_factor(np.ones((2, 2)), [1, 0.8]), "positive definite"),
        (lambda: repeated.autoregressive(1.0, [0, 1]), "rho"),
        (lambda: repeated.compound_symmetry(-0.6, 3), "rho"),
        (lambda: repeated.design_effect(0.5, 0.1), "cluster_size"),
        (lambda: repeated.design_effect(20, -0.2), "icc"),
        (lambda: repeated.with_dropout(10, 1.0), "dropout"),
    ],
)
def test_arguments_that_cannot_be_are_refused(call, message):
    with pytest.raises(InvalidInput, match=message):
        call()
