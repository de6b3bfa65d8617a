"""Analysis of imputed data: pooled analysis of covariance, resampling, recovery of the truth, the same bytes always."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx

from helpers.stats import means
from helpers.stats.missing import arrange, compare_at, impute, impute_and_compare
from helpers.stats.missing.imputation import complete
from helpers.stats.missing.likelihood import Sample, fit
from helpers.stats.missing.strategies import STRATEGIES
from tests.stats.longitudinal import SMALL, made_up


def test_pooled_analyses_agree_with_ancova_of_each_data_set():
    data = made_up(9, n=40, gaps=0.1)
    panel = arrange(data, **SMALL, covariates_by_visit=["base"], covariates=["sex"])
    made = impute(panel, imputations=12, seed=4)
    male = panel.covariates["sex=m"][:, 2]
    each = []
    for values in made.values:
        frame = pd.DataFrame(
            {
                "y": values[:, 2],
                "arm": np.array(panel.arms)[panel.arm],
                "base": panel.covariates["base"][:, 2],
                "m": male,
            }
        )
        each.append(means.ancova(frame, outcome="y", arm="arm", reference="VP", covariates=["base", "m"]))
    q = np.array([one.contrasts["KP"].estimate for one in each])
    u = np.array([one.contrasts["KP"].se ** 2 for one in each])
    total = u.mean() + (1 + 1 / 12) * q.var(ddof=1)
    found = compare_at(made, 3)
    assert found.contrasts["KP"].estimate == approx(q.mean(), rel=1e-9)
    assert found.contrasts["KP"].se == approx(np.sqrt(total), rel=1e-9)
    assert found.means["VP"].estimate == approx(np.mean([one.means["VP"].estimate for one in each]), rel=1e-9)
    within = np.mean([one.means["KP"].se ** 2 for one in each])
    between = np.var([one.means["KP"].estimate for one in each], ddof=1)
    assert found.means["KP"].se == approx(np.sqrt(within + (1 + 1 / 12) * between), rel=1e-9)


def test_the_jackknife_leaves_every_patient_out_in_turn():
    data = made_up(10, n=14, visits=2, dropout=0.25)
    options = {**SMALL, "covariates": ["base"], "strategy": "JR", "method": "conditional-mean"}
    found = impute_and_compare(data, **options)
    alone = []
    for who in data.id.unique():
        panel = arrange(data[data.id != who], **SMALL, covariates=["base"], strategy="JR")
        sample = Sample(panel.modelled, panel.design, np.zeros(13, dtype=int))
        one = fit(sample, np.ones((1, 13)))
        y = complete(panel, one.beta, one.sigma, STRATEGIES)[0, :, 1]
        frame = pd.DataFrame({"y": y, "arm": np.array(panel.arms)[panel.arm], "base": panel.covariates["base"][:, 1]})
        fitted = means.ancova(frame, outcome="y", arm="arm", reference="VP", covariates=["base"])
        alone.append((fitted.contrasts["KP"].estimate, fitted.means["VP"].estimate))
    for position, quantity in ((0, found.contrast(2)), (1, found.visits[2].means["VP"])):
        values = np.array(alone)[:, position]
        assert quantity.se == approx(np.sqrt(13 / 14 * ((values - values.mean()) ** 2).sum()), rel=1e-6)


def test_bootstrap_over_patients_is_near_the_jackknife():
    panel = arrange(made_up(11, n=60), **SMALL, covariates_by_visit=["base"], strategy="JR")
    boot = impute(panel, method="conditional-mean", resampling="bootstrap", imputations=300, seed=2)
    jack = impute(panel, method="conditional-mean")
    for interval in ("normal", "percentile"):
        found = compare_at(boot, 3, interval=interval).contrasts["KP"]
        expected = compare_at(jack, 3).contrasts["KP"]
        assert found.estimate == expected.estimate
        assert found.se == approx(expected.se, rel=0.15)
        assert (found.lower, found.upper) == approx((expected.lower, expected.upper), abs=0.3 * expected.se)


def test_one_sided_and_other_levels_reach_the_contrasts():
    data = made_up(12)
    options = {**SMALL, "covariates": ["base"], "imputations": 10, "seed": 3}
    two = impute_and_compare(data, **options, level=0.9).contrast(3)
    less = impute_and_compare(data, **options, alternative="less").contrast(3)
    assert less.upper == approx(two.upper, rel=1e-12)
    assert less.lower == -np.inf
    shifted = impute_and_compare(data, **options, null=two.upper, alternative="less").contrast(3)
    assert shifted.p_value == approx(0.05, rel=1e-9)


# Recovery of the truth --------------------------------------------------------------------------------------------


# Withdrawal that depends on what was seen: completers are biased, imputation at random is not, and intervals cover
def test_imputation_at_random_recovers_the_truth_where_completers_do_not():
    truth, errors, completers, covered = -1.0, [], [], 0
    repeats = 40
    for seed in range(repeats):
        rng = np.random.default_rng(1000 + seed)
        arm = np.arange(60) % 2
        first = rng.normal(size=60) + truth * arm
        second = truth * arm + 0.8 * (first - truth * arm) + 0.6 * rng.normal(size=60)
        second[(arm == 0) & (first > 0.3)] = np.nan
        data = pd.DataFrame(
            {
                "id": np.repeat(np.arange(60), 2),
                "arm": np.repeat(np.array(["VP", "KP"])[arm], 2),
                "visit": np.tile([1, 2], 60),
                "y": np.column_stack([first, second]).reshape(-1),
            }
        )
        found = impute_and_compare(data, **SMALL, imputations=20, burn_in=50, thin=3, seed=seed).contrast(2)
        errors.append(found.estimate - truth)
        covered += found.lower <= truth <= found.upper
        completers.append(np.nanmean(second[arm == 1]) - np.nanmean(second[arm == 0]) - truth)
    spread = np.std(errors, ddof=1) / np.sqrt(repeats)
    assert abs(np.mean(errors)) < 3.5 * spread
    assert np.mean(completers) > 0.3
    assert covered >= 0.85 * repeats


# Same numbers on every run ----------------------------------------------------------------------------------------

SCRIPT = """
import hashlib, numpy as np
from helpers.stats.missing import impute_and_compare
from tests.stats.longitudinal import SMALL, made_up
total = hashlib.sha256()
for method in ("bayes", "approximate-bayes", "conditional-mean"):
    found = impute_and_compare(made_up(1, n=100, visits=4, gaps=0.1), **SMALL, covariates_by_visit=["base"],
        strategy="JR", method=method, imputations=8, burn_in=20, seed=5)
    total.update(found.imputations.values.tobytes() + repr(found.visits).encode())
print(total.hexdigest())
"""


def test_the_number_of_threads_changes_no_byte():
    root = Path(__file__).resolve().parents[2]
    seen = set()
    for threads in ("1", "2"):
        environment = os.environ | {"OPENBLAS_NUM_THREADS": threads, "OMP_NUM_THREADS": threads}
        environment["PYTHONPATH"] = os.pathsep.join([str(root), str(root / "src")])
        run = subprocess.run(
            [sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True, check=True
        )
        seen.add(run.stdout)
    assert len(seen) == 1


@pytest.mark.parametrize("method", ["bayes", "approximate-bayes", "conditional-mean"])
def test_neither_the_order_of_rows_nor_the_type_of_codes_plays_a_part(method):
    data = made_up(13)
    options = {**SMALL, "covariates_by_visit": ["base"], "covariates": ["sex"], "strategy": "CIR", "method": method}
    options |= {"imputations": 6, "seed": 9}
    one = impute_and_compare(data, **options)
    turned = data.sample(frac=1, random_state=2)
    other = impute_and_compare(turned.assign(id=pd.Categorical(turned.id), sex=pd.Categorical(turned.sex)), **options)
    assert one.imputations.values.tobytes() == other.imputations.values.tobytes()
    assert repr(one.visits) == repr(other.visits)
    # rows without an outcome may as well not be there
    fewer = impute_and_compare(data.dropna(subset="y"), **options)
    assert fewer.contrast(3) == one.contrast(3)
    digest = hashlib.sha256(one.imputations.values.tobytes()).hexdigest()
    changed = impute_and_compare(data, **(options | {"seed": 10})).imputations.values
    assert (hashlib.sha256(changed.tobytes()).hexdigest() == digest) is (method == "conditional-mean")


@given(st.integers(0, 10_000))
@settings(max_examples=8)
def test_shifting_and_scaling_the_outcome_shifts_and_scales_the_results(seed):
    data = made_up(seed, n=24)
    options = {**SMALL, "covariates_by_visit": ["base"], "strategy": "JR", "method": "conditional-mean"}
    one = impute_and_compare(data, **options)
    other = impute_and_compare(data.assign(y=50 + 10 * data.y), **options)
    for visit in (2, 3):
        found, expected = other.contrast(visit), one.contrast(visit)
        assert found.reason == expected.reason
        if not expected.reason:
            assert (found.estimate, found.se) == approx((10 * expected.estimate, 10 * expected.se), rel=1e-6, abs=1e-7)
            assert found.p_value == approx(expected.p_value, rel=1e-5, abs=1e-9)
