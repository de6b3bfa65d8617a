"""Dunnett's, Tukey's and Games-Howell comparisons and simultaneous intervals. Reference cases are named by their id."""

from math import exp, gamma, inf, pi, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx
from scipy.integrate import quad
from scipy.special import ndtr
from scipy.stats import chi, norm, studentized_range, t, ttest_ind, tukey_hsd

from helpers.errors import InvalidInput
from helpers.stats import multiplicity as mult
from helpers.stats.multiplicity._normal import exceedance, range_exceedance
from tests.stats.reference import cases

# Dunnett 1955 (blood counts; fabrics), data as in scipy's test_multicomp.py. P-values by R 4.2, multcomp 1.4:
# glht(..., "Dunnett")
# with adjusted("single-step", abseps = 1e-7); the limits are those of scipy's test, whose critical value has some noise
BLOOD = {
    "samples": [[9.76, 8.80, 7.68, 9.36], [12.80, 9.68, 12.16, 9.20, 10.55]],
    "control": [7.40, 8.50, 7.20, 8.24, 9.84, 8.32],
    "p": {"two-sided": (0.62010198, 0.00582536), "greater": (0.32497761, 0.00291388), "less": (0.91676059, 0.99984325)},
    "lower": {"two-sided": (-1.2564116462124, 0.8396273539789), "greater": (-0.9588591188156, 1.1187563667543)},
    "upper": {"two-sided": (2.5564116462124, 4.4163726460211), "less": (2.2588591188156, 4.1372436332457)},
}
FABRIC = {
    "samples": [[55, 64, 64], [55, 49, 52], [50, 44, 41]],
    "control": [55, 47, 48],
    "p": {
        "two-sided": (0.0366218, 0.89647505, 0.4091597),
        "greater": (0.0183658, 0.52114222, 0.98189823),
        "less": (0.9993979, 0.90056846, 0.2097264),
    },
    "lower": {
        "two-sided": (0.7529028025053, -8.2470971974947, -15.2470971974947),
        "greater": (2.4023682323149, -6.5976317676851, -13.5976317676851),
    },
    "upper": {
        "two-sided": (21.2470971974947, 12.2470971974947, 5.2470971974947),
        "less": (19.5984402363662, 10.5984402363662, 3.5984402363662),
    },
}
# Bretz, Hothorn, Westfall 2010: the recovery data of R's multcomp, minutes by blanket b1, b2, b3 and standard b0
BLANKETS = [
    [13, 16, 9],
    [5, 8, 9],
    [14, 16, 16, 12, 7, 12, 13, 13, 9, 16, 13, 18, 13, 12, 13],
]
STANDARD = [15, 13, 12, 16, 16, 17, 13, 13, 16, 17, 17, 19, 17, 15, 13, 12, 16, 10, 17, 12]


def test_dunnett_matches_the_reference_case():
    case = cases()["MED-DUNNETT"]
    given = case["inputs"]
    sizes = {"n": [given["n_per_arm"]] * 3, "n_ref": given["n_per_arm"]}
    single = mult.dunnett(given["t"], df=given["df"], alternative="greater", **sizes)
    down = mult.dunnett_step_down(given["t"], df=given["df"], alternative="greater", **sizes)
    assert single.p_values == approx(case["expected"]["single_step"], abs=case["tol"])
    assert down.p_values == approx(case["expected"]["step_down"], abs=case["tol"])
    # without the noise of the published integration
    assert single.p_values == approx(case["computed"]["single_step"], rel=1e-6)
    assert down.p_values == approx(case["computed"]["step_down"], rel=1e-6)


# Dunnett 1955, table 1a (one-sided 5 %), and Dunnett 1964, table for two-sided 5 %
@pytest.mark.parametrize(
    ("alternative", "df", "values"),
    [
        ("greater", 5, (2.02, 2.44, 2.68, 2.85, 2.98, 3.08, 3.16, 3.24, 3.30)),
        ("greater", 10, (1.81, 2.15, 2.34, 2.47, 2.56, 2.64, 2.70, 2.76, 2.81)),
        ("greater", 20, (1.72, 2.03, 2.19, 2.30, 2.39, 2.46, 2.51, 2.56, 2.60)),
        ("greater", inf, (1.64, 1.92, 2.06, 2.16, 2.23, 2.29, 2.34, 2.38, 2.42)),
        ("two-sided", 5, (2.57, 3.03, 3.29, 3.48, 3.62, 3.73, 3.82, 3.90, 3.97)),
        ("two-sided", 10, (2.23, 2.57, 2.76, 2.89, 2.99, 3.07, 3.14, 3.19, 3.24)),
        ("two-sided", 20, (2.09, 2.38, 2.54, 2.65, 2.73, 2.80, 2.86, 2.90, 2.95)),
        ("two-sided", inf, (1.96, 2.21, 2.35, 2.44, 2.51, 2.57, 2.61, 2.65, 2.69)),
    ],
)
def test_critical_values_match_dunnetts_tables(alternative, df, values):
    found = [mult.dunnett_critical(k, df=df, alternative=alternative) for k in range(1, 10)]
    assert found == approx(values, abs=0.0051)


# Dunnett 1955, table 1b (one-sided 1 %)
@pytest.mark.parametrize(("count", "df", "value"), [(4, 12, 3.32), (7, 12, 3.56), (2, 60, 2.64), (4, 60, 2.87)])
def test_critical_values_at_one_percent_match_dunnetts_table(count, df, value):
    found = mult.dunnett_critical(count, df=df, level=0.99, alternative="greater")
    assert found == approx(value, abs=0.0051)


@pytest.mark.parametrize("case", [BLOOD, FABRIC])
@pytest.mark.parametrize("alternative", ["two-sided", "greater", "less"])
def test_dunnett_of_samples_matches_multcomp(case, alternative):
    found = mult.dunnett_groups(case["samples"], case["control"], alternative=alternative)
    assert [c.p_value for c in found] == approx(case["p"][alternative], abs=3e-7)
    lower = case["lower"].get(alternative, (-inf,) * len(found))
    upper = case["upper"].get(alternative, (inf,) * len(found))
    assert [c.lower for c in found] == approx(lower, abs=5e-3)
    assert [c.upper for c in found] == approx(upper, abs=5e-3)


# R 4.2, multcomp 1.4: glht(aov(minutes ~ blanket, recovery), mcp(blanket = "Dunnett"), alternative = "less"), with
# adjusted("single-step") and adjusted("free"), the step-down procedure, both with abseps = 1e-7
def test_dunnett_with_very_unequal_groups_matches_multcomp():
    single = mult.dunnett_groups(BLANKETS, STANDARD, alternative="less")
    assert [c.estimate for c in single] == approx((-2.1333333, -7.4666667, -1.6666667))
    assert [c.se for c in single] == approx((1.6037868, 1.6037868, 0.8847728), abs=1e-7)
    assert [c.statistic for c in single] == approx((-1.33019, -4.65565, -1.88372), abs=5e-6)
    assert [c.upper for c in single] == approx((1.3678813, -3.9654520, 0.2648739), abs=1e-3)
    assert [c.p_value for c in single] == approx((0.24117905, 6.0762e-05, 0.0924385), abs=3e-7)
    down = mult.dunnett_groups(BLANKETS, STANDARD, alternative="less", step_down=True)
    assert [c.p_value for c in down] == approx((0.09579936, 6.0777e-05, 0.06403588), abs=3e-7)
    assert mult.dunnett_critical(df=37, n=[3, 3, 15], n_ref=20, alternative="less") == approx(2.1830923, abs=6e-4)


def written_out(limits, loadings, df, two_sided):
    """Dunnett's probability as two nested adaptive integrals."""

    def none_at(scale):
        def inner(z):
            value = exp(-z * z / 2) / sqrt(2 * pi)
            for c, load in zip(limits, loadings, strict=True):
                rest = sqrt(1 - load**2)
                above = ndtr((c * scale - load * z) / rest)
                value *= above - ndtr((-c * scale - load * z) / rest) if two_sided else above
            return value

        return quad(inner, -8, 8, epsabs=1e-10, epsrel=1e-9)[0]

    constant = 2 * (df / 2) ** (df / 2) / gamma(df / 2)
    high = chi.isf(1e-12, df) / sqrt(df)

    def density(s):
        return constant * s ** (df - 1) * exp(-df * s * s / 2)

    return 1 - quad(lambda s: none_at(s) * density(s), 0, high, epsabs=1e-10, epsrel=1e-9, limit=200)[0]


@pytest.mark.parametrize("two_sided", [False, True])
@pytest.mark.parametrize(
    ("limits", "loadings", "df"), [((2.0, 2.5), (0.7, 0.5), 7), ((1.2, 2.0, 1.7), (0.3, 0.9, 0.6), 25)]
)
def test_the_joint_tail_agrees_with_nested_adaptive_integrals(limits, loadings, df, two_sided):
    found = exceedance(np.array(limits), np.array(loadings), df=df, two_sided=two_sided)
    assert found == approx(written_out(limits, loadings, df, two_sided), rel=1e-6)


def test_small_tails_keep_their_digits():
    far = exceedance(np.full(3, 9.0), np.full(3, sqrt(0.5)))
    assert 0.99 * 3 * norm.sf(9) < far <= 3 * norm.sf(9) * (1 + 1e-12)


@given(st.lists(st.floats(-6, 6), min_size=1, max_size=5), st.integers(1, 60))
@settings(max_examples=25)
def test_dunnett_lies_between_no_adjustment_and_bonferroni(statistics, df):
    found = mult.dunnett(statistics, df=df).p_values
    for p, statistic in zip(found, statistics, strict=True):
        raw = 2 * t.sf(abs(statistic), df)
        assert raw - 1e-10 <= p <= min(1.0, raw * len(statistics)) + 1e-10
    down = mult.dunnett_step_down(statistics, df=df).p_values
    assert all(d <= p + 1e-12 for d, p in zip(down, found, strict=True))


@given(st.lists(st.floats(-4, 4), min_size=2, max_size=4), st.integers(3, 60))
@settings(max_examples=8)
def test_dunnett_step_down_is_the_closed_test_of_its_single_steps(statistics, df):
    n, n_ref = [4, 9, 6, 12][: len(statistics)], 7

    def local(p, w, members):
        sizes = [n[i] for i in members]
        largest = max(abs(statistics[i]) for i in members)
        return mult.dunnett([largest] * len(members), df=df, n=sizes, n_ref=n_ref).p_values[0]

    closed = mult.closed_test([0.5] * len(statistics), local=local).p_values
    found = mult.dunnett_step_down(statistics, df=df, n=n, n_ref=n_ref).p_values
    assert found == approx(closed, rel=1e-8, abs=1e-14)


def test_one_comparison_is_a_t_test():
    arm, ref = [3.1, 4.5, 2.2, 5.0], [1.0, 2.5, 2.0, 3.1, 0.4]
    for alternative in ("two-sided", "greater", "less"):
        found = mult.dunnett_groups([arm], ref, alternative=alternative)[0]
        theirs = ttest_ind(arm, ref, alternative=alternative)
        interval = theirs.confidence_interval()
        assert (found.statistic, found.p_value) == approx((theirs.statistic, theirs.pvalue), rel=1e-9)
        assert (found.lower, found.upper) == approx((interval.low, interval.high), rel=1e-9)
    pair = mult.tukey_groups([ref, arm])[0]
    assert pair.p_value == approx(ttest_ind(arm, ref).pvalue, rel=1e-9)


# R 4.2: TukeyHSD(aov(minutes ~ blanket, recovery))
def test_tukey_kramer_matches_r():
    found = mult.tukey_groups([STANDARD, *BLANKETS])
    assert [(c.second, c.first) for c in found] == [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)]
    assert [c.p_value for c in found] == approx(
        (0.5500956312, 0.0002297202, 0.2524133317, 0.0729405886, 0.9918042844, 0.0057996539), abs=2e-10
    )
    assert found[3].lower == approx(-11.022199818, abs=1e-8)
    assert found[3].upper == approx(0.3555331516, abs=1e-8)


# R 4.2: TukeyHSD(aov(breaks ~ tension, warpbreaks)), from its means, sizes and mean square 141.148
def test_tukey_from_means_matches_r():
    means, ms = (36.3888889, 26.3888889, 21.6666667), 141.1481481
    found = mult.tukey_kramer(means, n=[18] * 3, sd=sqrt(ms), df=51)
    assert [c.p_value for c in found] == approx((0.0384597681, 0.0014315033, 0.4630830971), abs=2e-8)
    assert (found[0].lower, found[0].upper) == approx((-19.55982444, -0.440175556), abs=2e-7)


@pytest.mark.parametrize(
    ("limit", "groups", "df"), [(3.5, 3, 10), (3.0, 2, 20), (4.5, 4, 1), (5.0, 6, 40), (3.3, 4, inf)]
)
def test_the_studentized_range_agrees_with_scipy(limit, groups, df):
    assert range_exceedance(limit, groups, df=df) == approx(studentized_range.sf(limit, groups, df), rel=1e-7)


def test_tukey_agrees_with_scipy_on_unequal_groups():
    groups = [[24.5, 23.5, 26.4, 27.1, 29.9], [28.4, 34.2, 29.5, 32.2], [26.1, 28.3, 24.3, 26.2, 27.8, 25.0]]
    theirs = tukey_hsd(*groups)
    limits = theirs.confidence_interval(0.9)
    for found in mult.tukey_groups(groups, level=0.9):
        at = (found.first, found.second)
        assert found.p_value == approx(theirs.pvalue[at], rel=1e-6)
        assert (found.lower, found.upper) == approx((limits.low[at], limits.high[at]), rel=1e-6)


def test_games_howell_agrees_with_its_formula():
    groups = [[24.5, 23.5, 26.4, 27.1, 29.9], [28.4, 34.2, 29.5, 32.2], [26.1, 28.3, 24.3, 26.2, 27.8, 25.0]]
    for found in mult.games_howell(groups):
        x, y = np.array(groups[found.first]), np.array(groups[found.second])
        u, v = x.var(ddof=1) / x.size, y.var(ddof=1) / y.size
        df = (u + v) ** 2 / (u * u / (x.size - 1) + v * v / (y.size - 1))
        q = abs(x.mean() - y.mean()) / sqrt((u + v) / 2)
        assert found.df == approx(df, rel=1e-12)
        assert found.p_value == approx(studentized_range.sf(q, 3, df), rel=1e-6)
        reach = studentized_range.ppf(0.95, 3, df) * sqrt((u + v) / 2)
        assert (found.lower, found.upper) == approx((found.estimate - reach, found.estimate + reach), rel=1e-6)


# Mediana, vignette "Adjusted p-values": lower limits of three doses, sd 9.5, 180 per arm, level .975
def test_stepwise_limits_match_mediana():
    estimates, se = (2.3, 2.5, 1.9), 9.5 * sqrt(2 / 180)
    plain = mult.bonferroni_intervals(estimates, [se] * 3, level=0.975, alternative="greater")
    assert [i.lower for i in plain] == approx((-0.09730247, 0.10269753, -0.49730247), abs=5e-9)
    assert {i.upper for i in plain} == {inf}
    for limits in (mult.holm_limits, mult.fixed_sequence_limits):
        found = limits(estimates, [se] * 3, level=0.975)
        assert [i.lower for i in found] == approx((0, 0, -0.06268427), abs=5e-9)
    # Mediana takes 2 (180 - 1) degrees of freedom here, not those of the four arms
    down = mult.dunnett_step_down_limits(estimates, sd=9.5, df=358, n=[180] * 3, n_ref=180, level=0.975)
    assert [i.lower for i in down] == approx((0, 0, -0.06934203), abs=5e-9)
    single = mult.dunnett_intervals(
        estimates, sd=9.5, df=716, n=[180] * 3, n_ref=180, level=0.975, alternative="greater"
    )
    assert [c.lower for c in single] == approx((-0.05714354, 0.14285646, -0.45714354), abs=2e-4)


some = st.lists(st.tuples(st.floats(-5, 5), st.floats(0.2, 3)), min_size=1, max_size=5)


@given(some, st.sampled_from([0.8, 0.95]), st.sampled_from([5.0, inf]))
@settings(max_examples=50)
def test_stepwise_limits_agree_with_the_rejections(pairs, level, df):
    estimates, ses = [e for e, _ in pairs], [s for _, s in pairs]
    raw = [float(t.sf(e / s, df)) for e, s in pairs]
    for limits, rejected in (
        (mult.holm_limits, mult.holm(raw).rejected(1 - level)),
        (mult.fixed_sequence_limits, mult.fixed_sequence(raw).rejected(1 - level)),
    ):
        found = limits(estimates, ses, level=level, df=df)
        assert tuple(i.lower >= 0 for i in found) == rejected
        mirrored = limits([-e for e in estimates], ses, level=level, df=df, alternative="less")
        assert [-i.upper for i in mirrored] == approx([i.lower for i in found])
        shifted = limits([e + 2 for e in estimates], ses, level=level, df=df, null=2.0)
        assert [i.lower - 2 for i in shifted] == approx([i.lower for i in found], abs=1e-9)


def test_limits_when_everything_is_rejected_are_informative():
    estimates, ses = (5.0, 6.0), (1.0, 1.0)
    holm = mult.holm_limits(estimates, ses, level=0.975)
    assert [i.lower for i in holm] == approx([e - norm.isf(0.0125) for e in estimates])
    sequence = mult.fixed_sequence_limits(estimates, ses, level=0.975)
    assert [i.lower for i in sequence] == approx([5 - norm.isf(0.025)] * 2)
    down = mult.dunnett_step_down_limits(estimates, sd=1.0, df=20, n=[8, 8], n_ref=8, level=0.975)
    assert [i.lower for i in down] == approx([e - t.isf(0.025, 20) * 0.5 for e in estimates])


@given(some)
@settings(max_examples=30)
def test_sidak_intervals_are_within_bonferroni_intervals(pairs):
    estimates, ses = [e for e, _ in pairs], [s for _, s in pairs]
    for df in (4, inf):
        narrow, wide = (f(estimates, ses, df=df) for f in (mult.sidak_intervals, mult.bonferroni_intervals))
        reach = t.isf((1 - 0.95 ** (1 / len(pairs))) / 2, df)
        for own, other, se in zip(narrow, wide, ses, strict=True):
            assert own.upper - own.lower == approx(2 * reach * se, rel=1e-9)
            assert other.upper - other.lower >= (own.upper - own.lower) * (1 - 1e-12)


def test_weighted_intervals_share_the_error_rate():
    found = mult.bonferroni_intervals([0.0, 0.0], [1.0, 1.0], weights=[4, 1])
    assert [i.upper for i in found] == approx([norm.isf(0.02), norm.isf(0.005)])


def test_data_that_allow_no_comparison_give_a_reason():
    assert {c.reason for c in mult.dunnett_groups([[1.0, 1.0], [2.0, 2.0]], [3.0, 3.0])} == {"no-variance"}
    assert {c.reason for c in mult.dunnett_groups([[1.0], [2.0]], [3.0])} == {"too-few"}
    assert {c.reason for c in mult.tukey_groups([[1.0, 1.0], [2.0, 2.0]])} == {"no-variance"}
    assert {c.reason for c in mult.tukey_groups([[1.0], [2.0]])} == {"too-few"}
    reasons = [c.reason for c in mult.games_howell([[1.0], [2.0, 3.0], [5.0, 5.0], [6.0, 6.0]])]
    assert reasons == ["too-few", "too-few", "too-few", "", "", "no-variance"]
    for limits in (mult.bonferroni_intervals, mult.holm_limits, mult.fixed_sequence_limits):
        found = limits([1.0, 2.0], [0.0, 0.0])
        assert {(i.lower, i.upper, i.reason) for i in found} == {(None, None, "no-variance")}
    found = mult.dunnett_step_down_limits([1.0], sd=0.0, df=5, n=[3], n_ref=3)
    assert found[0].reason == "no-variance"


def test_one_standard_error_of_0_leaves_the_other_intervals():
    found = mult.bonferroni_intervals([1.0, 2.0], [0.0, 1.0])
    assert [i.reason for i in found] == ["no-variance", ""]
    stepwise = mult.holm_limits([1.0, 2.0], [0.0, 1.0])
    assert {i.reason for i in stepwise} == {"no-variance"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"df": 0}, "degrees of freedom"),
        ({"n": [5]}, "give the sizes"),
        ({"n": [5, 5, 5], "n_ref": 5}, "statistics for 3"),
        ({"n": [5, 0], "n_ref": 5}, "at least one unit"),
        ({"n": [5, 5], "n_ref": 5, "correlation": 0.3}, "give the sizes"),
        ({"correlation": 1.0}, "has to lie in"),
        ({"alternative": "both"}, "allowed are"),
    ],
)
def test_arguments_of_dunnett_that_cannot_be_are_refused(options, message):
    with pytest.raises(InvalidInput, match=message):
        mult.dunnett([1.0, 2.0], **options)


def test_other_arguments_that_cannot_be_are_refused():
    with pytest.raises(InvalidInput, match="none may be missing"):
        mult.dunnett([1.0, float("nan")])
    with pytest.raises(InvalidInput, match="number of comparisons"):
        mult.dunnett_critical()
    with pytest.raises(InvalidInput, match="whole number"):
        mult.dunnett_critical(0)
    with pytest.raises(InvalidInput, match="level"):
        mult.dunnett_critical(2, level=95)
    with pytest.raises(InvalidInput, match="sd is -1"):
        mult.dunnett_intervals([1.0], sd=-1, df=5, n=[3], n_ref=3)
    with pytest.raises(InvalidInput, match="estimates for 2"):
        mult.dunnett_intervals([1.0], sd=1, df=5, n=[3, 3], n_ref=3)
    with pytest.raises(InvalidInput, match="not a number"):
        mult.tukey_groups([[1.0, float("nan")], [2.0]])
    with pytest.raises(InvalidInput, match="two samples"):
        mult.tukey_groups([[1.0, 2.0]])
    with pytest.raises(InvalidInput, match="two groups"):
        mult.tukey_kramer([1.0], n=[3], sd=1, df=5)
    with pytest.raises(InvalidInput, match="sizes and df"):
        mult.tukey_kramer([1.0, 2.0], n=[3, 0], sd=1, df=5)
    with pytest.raises(InvalidInput, match="one of each"):
        mult.bonferroni_intervals([1.0], [1.0, 2.0])
    with pytest.raises(InvalidInput, match="0 or more"):
        mult.bonferroni_intervals([1.0], [-1.0])
    with pytest.raises(InvalidInput, match="allowed are"):
        mult.holm_limits([1.0], [1.0], alternative="two-sided")
