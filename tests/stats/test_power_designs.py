"""Single-stage, two-stage and Bayesian designs. Reference cases are named by their id."""

from itertools import product
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx
from scipy.special import betaincc
from scipy.stats import beta, betabinom, binom

from helpers.errors import InvalidInput
from helpers.stats.bayes import BetaMixture, BetaPosterior, difference
from helpers.stats.power import bayes_rules, single_stage, two_stage
from tests.stats.reference import cases, tolerance

AHERN = [id for id in cases() if id.startswith("AHERN")]
SIMON = [id for id in cases() if id.startswith("SIMON")]


def four(design):
    return [design.r1, design.n1, design.r, design.n]


@pytest.mark.parametrize("id", AHERN)
def test_ahern_designs_match_the_reference_case(id):
    case = cases()[id]
    given, expected = case["inputs"], case["expected"]
    found = single_stage.ahern(
        given["p0"], given["p1"], alpha=given["alpha"], power=given["power"], start=given.get("search_from_n", 1)
    )
    assert (found.n, found.reject_at) == (expected["n"], expected["u"])
    for key in ("alpha", "power"):
        if key in expected:
            assert getattr(found, key) == approx(expected[key], abs=tolerance(case, key))


def test_operating_characteristics_of_a_given_design_match_the_reference_case():
    case = cases()["FLEMING-CHECK-84"]
    given = case["inputs"]
    found = single_stage.operating(given["p0"], given["p1"], n=given["n"], reject_at=given["reject_if_at_least"])
    assert found.alpha == approx(case["expected"]["alpha"], abs=case["tol"])
    assert found.power == approx(case["expected"]["power"], abs=case["tol"])


# clinfun vignette: ph2single(.4, .6, .1, .1); Zucali et al. 2018 enrolled 41 and asked for 21 responses (r = 20)
def test_single_stage_design_of_the_everolimus_trial():
    found = single_stage.designs(0.4, 0.6, alpha=0.1, power=0.9)
    assert len(found) == 5
    assert (found[0].n, found[0].reject_at) == (41, 21)


@given(st.floats(0.05, 0.5), st.floats(0.15, 0.4), st.sampled_from([0.05, 0.1]), st.sampled_from([0.7, 0.85]))
@settings(max_examples=25)
def test_ahern_designs_are_the_smallest_by_trying_them_all(p0, gap, alpha, power):
    p1 = p0 + gap
    found = single_stage.ahern(p0, p1, alpha=alpha, power=power)
    n = 1
    while True:
        u = next(k for k in range(n + 2) if sum(binom.pmf(range(k, n + 1), n, p0)) <= alpha)
        if u <= n and binom.sf(u - 1, n, p1) >= power:
            break
        n += 1
    assert (found.n, found.reject_at) == (n, u)
    assert single_stage.operating(p0, p1, n=n, reject_at=u) == found


# Fleming 1982: n and the limit by the normal approximation, written out for p0 = .05, p1 = .2, alpha .05, power .8
def test_flemings_design_is_the_normal_approximation():
    found = single_stage.fleming(0.05, 0.2)
    n = ((1.6448536 * 0.2179449 + 0.8416212 * 0.4) / 0.15) ** 2
    assert found.n == int(np.ceil(n))
    assert found.reject_at == int(found.n * 0.05 + 1.6448536 * np.sqrt(found.n) * 0.2179449) + 1
    assert found.alpha == approx(binom.sf(found.reject_at - 1, found.n, 0.05))


@pytest.mark.parametrize("id", SIMON)
def test_simon_designs_match_the_reference_case(id):
    case = cases()[id]
    given, expected = case["inputs"], case["expected"]
    found = two_stage.simon(given["p0"], given["p1"], alpha=given["alpha"], power=1 - given["beta"], most=60)
    for key, design in (("minimax", found.minimax), ("optimal", found.optimal)):
        if key in expected:
            assert four(design) == expected[key]
    values = {
        "minimax_EN": found.minimax.null.expected_n,
        "EN_mm": found.minimax.null.expected_n,
        "minimax_PET": found.minimax.null.stops_early,
        "PET_mm": found.minimax.null.stops_early,
        "optimal_EN": found.optimal.null.expected_n,
        "EN_opt": found.optimal.null.expected_n,
        "EN": found.optimal.null.expected_n,
        "optimal_PET": found.optimal.null.stops_early,
        "PET_opt": found.optimal.null.stops_early,
        "PET": found.optimal.null.stops_early,
        "alpha": found.optimal.null.rejects,
        "beta": 1 - found.optimal.alternative.rejects,
        "admissible_EN": [d.null.expected_n for d in found.admissible[1:-1]],
        "admissible_PET": [d.null.stops_early for d in found.admissible[1:-1]],
        "other_1_12_5_26": [
            two_stage.operating(given["p0"], r1=1, n1=12, r=5, n=26).expected_n,
            two_stage.operating(given["p0"], r1=1, n1=12, r=5, n=26).stops_early,
        ],
    }
    for key in expected:
        if key not in ("minimax", "optimal"):
            assert values[key] == approx(expected[key], abs=tolerance(case, key))


# Simon 1989, table 1 (p1 - p0 = .2), some rows, recalled and confirmed by computing: optimal r1 n1 r n, EN, PET;
# minimax
@pytest.mark.parametrize(
    ("p0", "alpha", "power", "optimal", "minimax"),
    [
        (0.05, 0.10, 0.9, ((0, 9, 2, 24), 14.5, 0.63), ((0, 13, 2, 20), 16.4, 0.51)),
        (0.05, 0.05, 0.9, ((0, 9, 3, 30), 16.8, 0.63), ((0, 15, 3, 25), 20.4, 0.46)),
        (0.10, 0.10, 0.9, ((1, 12, 5, 35), 19.8, 0.66), ((1, 16, 4, 25), 20.4, 0.51)),
        (0.20, 0.05, 0.8, ((3, 13, 12, 43), 20.6, 0.75), ((4, 18, 10, 33), 22.3, 0.72)),
        (0.70, 0.05, 0.8, ((4, 6, 22, 27), 14.8, 0.58), ((19, 23, 21, 26), 23.2, 0.95)),
    ],
)
def test_simon_designs_match_the_table_of_1989(p0, alpha, power, optimal, minimax):
    found = two_stage.simon(p0, p0 + 0.2, alpha=alpha, power=power, most=46)
    for design, (rule, expected, early) in ((found.optimal, optimal), (found.minimax, minimax)):
        assert four(design) == list(rule)
        assert design.null.expected_n == approx(expected, abs=0.051)
        assert design.null.stops_early == approx(early, abs=0.0051)


# clinfun vignette: ph2simon(.25, .45, .05, .1) with an admissible design of 50 units at EN 33.6
def test_an_admissible_design_lies_between_minimax_and_optimal():
    found = two_stage.simon(0.25, 0.45, power=0.9, most=60)
    assert [d.n for d in found.admissible] == [49, 50, 57]
    assert found.admissible[1].null.expected_n == approx(34, abs=0.5)
    for design in found.admissible:
        low, high = design.weights
        for q in (low + 1e-6, (low + high) / 2, high - 1e-6):
            losses = [q * d.n + (1 - q) * d.null.expected_n for d in found.admissible]
            assert min(losses) == losses[found.admissible.index(design)]


def test_simon_designs_are_the_best_of_all_small_designs():
    p0, p1, alpha, power, most = 0.1, 0.5, 0.1, 0.8, 14
    best = []
    for n in range(2, most + 1):
        for n1, r in product(range(1, n), range(n)):
            for r1 in range(min(n1, r + 1)):
                under = [two_stage.operating(p, r1=r1, n1=n1, r=r, n=n) for p in (p0, p1)]
                if under[0].rejects <= alpha and under[1].rejects >= power:
                    best.append((under[0].expected_n, n))
    found = two_stage.simon(p0, p1, alpha=alpha, power=power, most=most)
    assert found.optimal.null.expected_n == approx(min(best)[0], rel=1e-12)
    smallest = min(n for _, n in best)
    assert found.minimax.n == smallest
    assert found.minimax.null.expected_n == approx(min(en for en, n in best if n == smallest), rel=1e-12)


@given(st.floats(0, 1), st.integers(1, 8), st.integers(1, 8), st.data())
@settings(max_examples=40)
def test_two_stage_properties_agree_with_every_outcome_written_out(p, n1, n2, data):
    r1 = data.draw(st.integers(-1, n1))
    r = data.draw(st.integers(max(r1, 0), n1 + n2))
    rejects = early = 0.0
    for x, y in product(range(n1 + 1), range(n2 + 1)):
        weight = comb(n1, x) * comb(n2, y) * p ** (x + y) * (1 - p) ** (n1 + n2 - x - y)
        early += weight if x <= r1 else 0.0
        rejects += weight if x > r1 and x + y > r else 0.0
    found = two_stage.operating(p, r1=r1, n1=n1, r=r, n=n1 + n2)
    assert (found.rejects, found.stops_early) == approx((rejects, early), rel=1e-9, abs=1e-12)
    assert found.expected_n == approx(n1 + (1 - early) * n2, rel=1e-9)


def test_designs_that_do_not_exist_have_a_reason():
    assert single_stage.ahern(0.3, 0.31, most=50).reason == "unreachable"
    assert single_stage.designs(0.3, 0.31, most=50) == ()
    assert two_stage.simon(0.3, 0.32, most=20).reason == "unreachable"
    assert two_stage.simon(0.3, 0.32, most=20).optimal is None


# Lee and Liu 2008, section 4: p0 .2, p1 .4, 36 patients, looks from the 10th on, theta_T .9, theta_L .001, prior
# Beta(.2, .8)
def test_the_predictive_design_of_lee_and_liu():
    rule = bayes_rules.single_arm_rule(
        range(10, 37), target=0.2, prior=BetaPosterior(0.2, 0.8), final=0.9, predictive_futility=0.001
    )
    null, alternative = rule.characteristics(0.2), rule.characteristics(0.4)
    assert null.crosses == approx(0.088, abs=0.0005)
    assert alternative.crosses == approx(0.906, abs=0.0005)
    assert null.expected_n == approx(27.67, abs=0.005)
    assert null.stops_for_futility == approx(0.86, abs=0.005)
    first = {}
    for boundary in rule.boundaries():
        if boundary.futile_at is not None:
            first.setdefault(boundary.futile_at, boundary.n)
    assert first == {0: 10, 1: 17, 2: 21, 3: 24, 4: 27, 5: 29, 6: 31, 7: 33, 8: 34, 9: 35}
    assert rule.boundaries()[-1].crosses_at == 11


# Lee and Liu 2008, page 97 (ph2bayes documentation): 16 of 23 responses, 40 patients, Beta(.6, .4): PP = .5656
def test_the_predictive_probability_of_lee_and_liu():
    prior = BetaPosterior(0.6, 0.4)
    for threshold, crosses in ((0.5655, True), (0.5657, False)):
        rule = bayes_rules.single_arm_rule([23, 40], target=0.6, prior=prior, final=0.9, predictive_efficacy=threshold)
        assert (rule.boundaries()[0].crosses_at <= 16) == crosses
    final = [beta.sf(0.6, 0.6 + x, 0.4 + 40 - x) >= 0.9 for x in range(41)]
    by_hand = sum(betabinom.pmf(y, 17, 16.6, 7.4) for y in range(18) if final[16 + y])
    assert by_hand == approx(0.5656, abs=5e-5)


# Thall and Simon 1994: a rule against a standard with a distribution, by a midpoint rule for the posterior probability
def test_a_rule_against_a_distributed_standard_agrees_with_a_midpoint_rule():
    standard, prior = BetaPosterior(15, 35), BetaPosterior(0.6, 1.4)
    rule = bayes_rules.single_arm_rule(
        range(10, 31, 10), target=standard, prior=prior, final=0.95, efficacy=0.95, futility=0.05, futility_margin=0.1
    )
    q = (np.arange(2_000) + 0.5) / 2_000
    weight = beta.pdf(q, 15, 35) / 2_000
    for boundary in rule.boundaries()[:-1]:
        n = boundary.n
        above = [betaincc(0.6 + x, 1.4 + n - x, q) @ weight for x in range(n + 1)]
        shifted = [betaincc(0.6 + x, 1.4 + n - x, np.minimum(1.0, q + 0.1)) @ weight for x in range(n + 1)]
        crossing = [x for x in range(n + 1) if above[x] >= 0.95]
        futile = [x for x in range(n + 1) if shifted[x] <= 0.05]
        assert boundary.crosses_at == (crossing[0] if crossing else None)
        assert boundary.futile_at == (futile[-1] if futile else None)


def test_crossing_probability_of_two_arms_agrees_with_every_table_written_out():
    rule = bayes_rules.two_arm_rule([(9, 8)], final=0.9, margin=0.05, prior=BetaPosterior(0.5, 0.5))
    total = sum(
        binom.pmf(x, 9, 0.6) * binom.pmf(y, 8, 0.3)
        for x, y in product(range(10), range(9))
        if difference(BetaPosterior(0.5 + x, 9.5 - x), BetaPosterior(1 + y, 9 - y)).exceeds(0.05) >= 0.9
    )
    found = rule.characteristics(0.6, 0.3)
    assert found.crosses == approx(total, rel=1e-9)
    assert (found.expected_n, found.expected_n_ref) == approx((9, 8))


# Altham 1969: with uniform priors Pr(p > q) is a hypergeometric tail
def test_uniform_priors_give_a_hypergeometric_tail():
    n, m = 7, 6
    rule = bayes_rules.two_arm_rule([(n, m)], final=0.9)
    for x, y in product(range(n + 1), range(m + 1)):
        a, b, c, d = x + 1, n - x + 1, y + 1, m - y + 1
        tail = sum(comb(a + c - 1, k) * comb(b + d - 1, a + b - 1 - k) for k in range(a)) / comb(
            a + b + c + d - 2, a + b - 1
        )
        assert rule.crosses[0][x, y] == (tail >= 0.9)


def test_two_looks_agree_with_every_path_written_out():
    prior, looks = BetaPosterior(1, 1), [(4, 3), (8, 8)]
    rule = bayes_rules.two_arm_rule(
        looks, final=0.85, efficacy=0.95, futility=0.1, predictive_futility=0.05, predictive_efficacy=0.97
    )

    def above(x, n, y, m):
        return difference(prior.update(x, n), prior.update(y, m)).exceeds(0.0)

    final = np.array([[above(x, 8, y, 8) >= 0.85 for y in range(9)] for x in range(9)])
    crosses = futile = units = 0.0
    for x, y in product(range(5), range(4)):
        weight = binom.pmf(x, 4, 0.7) * binom.pmf(y, 3, 0.2)
        chance = sum(
            betabinom.pmf(u, 4, 1 + x, 5 - x) * betabinom.pmf(v, 5, 1 + y, 4 - y)
            for u, v in product(range(5), range(6))
            if final[x + u, y + v]
        )
        if above(x, 4, y, 3) >= 0.95 or chance >= 0.97:
            crosses += weight
            units += 4 * weight
        elif above(x, 4, y, 3) <= 0.1 or chance <= 0.05:
            futile += weight
            units += 4 * weight
        else:
            units += 8 * weight
            crosses += weight * sum(
                binom.pmf(u, 4, 0.7) * binom.pmf(v, 5, 0.2)
                for u, v in product(range(5), range(6))
                if final[x + u, y + v]
            )
    found = rule.characteristics(0.7, 0.2)
    assert (found.crosses, found.stops_for_futility, found.expected_n) == approx((crosses, futile, units), rel=1e-9)


def test_the_largest_error_is_not_passed_anywhere():
    rule = bayes_rules.two_arm_rule([(16, 15)], final=0.95)
    error, where = rule.largest_error()
    rates = [rule.characteristics(p, p).crosses for p in np.linspace(0, 1, 301)]
    assert max(rates) <= error + 1e-9
    assert rule.characteristics(where, where).crosses == approx(error)
    shifted, _ = bayes_rules.two_arm_rule([(10, 10)], final=0.95, margin=0.1).largest_error(margin=0.1)
    assert 0.01 < shifted < 0.1


def test_a_mixture_of_priors_is_a_prior():
    mixture = BetaMixture((0.5, 0.5), (BetaPosterior(1, 1), BetaPosterior(8, 4)))
    rule = bayes_rules.two_arm_rule([(6, 6)], final=0.9, prior=mixture)
    table = rule.crosses[0]
    for x, y in product(range(7), range(0, 7, 2)):
        own = difference(mixture.update(x, 6), BetaPosterior(1 + y, 7 - y)).exceeds(0.0)
        assert table[x, y] == (own >= 0.9)


@given(st.floats(0, 1), st.floats(0, 1))
@settings(max_examples=25)
def test_probabilities_of_a_rule_add_up(p, p_ref):
    rule = bayes_rules.two_arm_rule([(5, 5), (10, 9)], final=0.9, efficacy=0.97, futility=0.2)
    found = rule.characteristics(p, p_ref)
    assert 0 <= found.crosses + found.stops_for_futility <= 1 + 1e-12
    assert found.crosses == approx(sum(look.crosses for look in found.looks))
    assert 5 <= found.expected_n <= 10 and 5 <= found.expected_n_ref <= 9


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: single_stage.ahern(0.4, 0.3), "larger one"),
        (lambda: single_stage.ahern(0.4, 1.3), "p1"),
        (lambda: single_stage.fleming(0.4, 0.4), "larger one"),
        (lambda: single_stage.operating(0.1, 0.2, n=10, reject_at=12), "at most n"),
        (lambda: single_stage.designs(0.1, 0.2, count=0), "count"),
        (lambda: two_stage.simon(0.4, 0.3), "larger one"),
        (lambda: two_stage.simon(0.1, 0.3, most=1), "most"),
        (lambda: two_stage.operating(0.1, r1=5, n1=4, r=6, n=10), "r1 is at most"),
        (lambda: two_stage.operating(0.1, r1=1, n1=10, r=6, n=10), "n1 below n"),
        (lambda: bayes_rules.single_arm_rule([], target=0.2, final=0.9), "at least one look"),
        (lambda: bayes_rules.single_arm_rule([10, 5], target=0.2, final=0.9), "rise"),
        (lambda: bayes_rules.single_arm_rule([10], target=1.2, final=0.9), "target"),
        (lambda: bayes_rules.single_arm_rule([10], target=0.2, final=9), "final"),
        (lambda: bayes_rules.single_arm_rule([10], target=BetaPosterior(1, 1), final=0.9, margin=1.0), "margin"),
        (lambda: bayes_rules.single_arm_rule([10], target=0.2, final=0.9, prior=(1, 1)), "BetaPosterior"),
        (lambda: bayes_rules.two_arm_rule([(10, 0)], final=0.9), "n_ref"),
        (lambda: bayes_rules.two_arm_rule([(10, 10, 10)], final=0.9), "a look"),
        (lambda: bayes_rules.two_arm_rule([(10, 10), (12, 9)], final=0.9), "rise"),
        (lambda: bayes_rules.two_arm_rule([(10, 10)], final=0.9, margin=-1), "margin"),
        (lambda: bayes_rules.two_arm_rule([(5, 5)], final=0.9).characteristics(1.2, 0.5), "p is 1.2"),
    ],
)
def test_arguments_that_cannot_be_are_refused(call, message):
    with pytest.raises(InvalidInput, match=message):
        call()
