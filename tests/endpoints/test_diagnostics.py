"""What diagnostics record: weight of priors, fit of models, follow-up, influence; by second routes."""

import numpy as np
import pytest
from pytest import approx
from scipy import stats

from helpers.endpoints import height, leakage, pain, tolerance, volume_pain
from tests.endpoints.test_volume_pain import RELIEF, VOLUME


# Beta-binomial probabilities of scipy: all outcomes no likelier than the one seen (Box 1980)
@pytest.mark.parametrize(
    ("name", "kp", "vp"),
    [("MAIN", (1, 1), (1, 1)), ("SCEPTICAL", (4.7, 5.3), (4.7, 5.3)), ("LITERATURE", (1, 1), (2.35, 2.65))],
)
def test_a_prior_weighs_its_parameters_and_is_held_against_the_data(data, find, name, kp, vp):
    records, counts = leakage.prior_checks(data), leakage.describe(data)
    for arm, (alpha, beta) in {"KP": kp, "VP": vp}.items():
        events, n = (find.value(counts, s, parameter="SUCCESS", group=arm) for s in ("events", "n"))
        chances = stats.betabinom.pmf(np.arange(n + 1), n, alpha, beta)
        found = {w: find.value(records, "estimate", parameter=f"{name}_{w}", group=arm) for w in ("PRIOR", "POSTERIOR")}
        assert found == {"PRIOR": approx(alpha + beta), "POSTERIOR": approx(alpha + beta + n)}
        agreement = find.value(records, "probability", parameter=f"{name}_AGREEMENT", group=arm)
        assert agreement == approx(chances[chances <= chances[events] * (1 + 1e-9)].sum())


def test_the_spread_of_a_model_over_vertebrae_gives_its_correlation_within_patients(synthetic, find):
    fit, model = height.fit(synthetic), height.estimate(synthetic)
    for code in height.VERTEBRAL:
        between, within = (find.value(fit, "estimate", parameter=f"{code}_{s}") for s in ("SDBETWEEN", "SDWITHIN"))
        alike = find.value(model, "estimate", parameter=f"{code}_BETWEEN")
        assert between**2 / (between**2 + within**2) == approx(alike)


def test_the_fit_is_that_of_the_model_whose_estimates_are_reported(synthetic, find):
    fit, model = pain.fit(synthetic), pain.estimate(synthetic)
    used = {r.method for r in fit if r.parameter.endswith("_SPREAD") or "_WITH_" in r.parameter}
    assert used == {r.method for r in model if r.statistic == "estimate"}
    for visit in pain.AFTER:
        assert find.value(fit, "estimate", parameter="VAS_SPREAD", visit=visit) > 0
    together = [r.value for r in fit if "_WITH_" in r.parameter]
    assert len(together) == 3 and all(-1 < r < 1 for r in together)


def test_the_residuals_are_given_in_fifths_whose_mean_is_zero(synthetic, find):
    fit = pain.fit(synthetic)
    fifths = [find.value(fit, "mean", parameter=f"VAS_FIFTH{k}") for k in range(1, 6)]
    normal = [find.value(fit, "mean", parameter=f"VAS_NORMAL{k}") for k in range(1, 6)]
    assert fifths == sorted(fifths) and normal == sorted(normal)
    assert abs(np.mean(fifths)) < 0.1 and np.mean(normal) == approx(0, abs=0.02)


def test_a_fit_that_is_not_given_says_why(without, find):
    found = find.record(pain.fit(without("K1", "K2")), "mean", parameter="VAS_FIFTH1")
    assert (found.value, found.method) == (None, "scaled-residuals:too-few")


def test_follow_up_is_that_of_the_exposure_without_an_event(data, find):
    records = tolerance.follow_up(data)
    adsl = data["adsl"]
    treated = adsl[adsl["SAFFL"] == "Y"]
    days = (treated["DTHDT"].fillna(treated["EOSDT"]) - treated["TRTSDT"]).dt.days + 1
    for arm in ("KP", "VP"):
        own = days[treated["TRT01A"] == arm]
        assert find.value(records, "n", group=arm) == len(own)
        assert find.value(records, "exposure", group=arm) == approx(own.sum() * 12 / 365.25)
        assert find.value(records, "median", group=arm) == np.median(own)


def test_a_correlation_is_given_with_each_patient_left_out(data, find):
    records = volume_pain.influence(data)
    rhos = [stats.spearmanr(np.delete(VOLUME, i), np.delete(RELIEF, i)).statistic for i in range(len(VOLUME))]
    assert find.value(records, "estimate", parameter="VOLTOT_LOO_LOW") == approx(min(rhos))
    assert find.value(records, "estimate", parameter="VOLTOT_LOO_HIGH") == approx(max(rhos))
    assert find.value(records, "estimate", parameter="VOLTOT_TIES") == 0
    assert find.value(records, "estimate", parameter="VOLTOT_RELIEF_TIES") == approx(2 / 30)  # 5 twice among six
