"""Residuals of mixed models: decorrelated, in shape and in groups."""

import numpy as np
import pandas as pd
import pytest
from pytest import approx
from scipy import stats

from helpers.errors import InvalidInput
from helpers.stats import mixed


def trial(n: int = 30, seed: int = 7) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    rows = []
    for i in range(n):
        arm, base, own = "KP" if i % 2 else "VP", rng.normal(6, 1), rng.normal(0, 1)
        rows += [
            {"id": i, "arm": arm, "visit": v, "base": base, "y": base + own + rng.normal(0, 1.5)}
            for v in ("a", "b", "c")
        ]
    return pd.DataFrame(rows)


# Residuals of each subject times the inverse Cholesky factor of the fitted matrix; moments of scipy, corrected for bias
def test_the_shape_is_that_of_residuals_by_dense_matrices():
    data = trial()
    fit = mixed.fit(data, formula="y ~ arm * visit + base", subject="id", visit="visit", structure="UN")
    kp, b, c = data["arm"] == "KP", data["visit"] == "b", data["visit"] == "c"
    design = np.column_stack([np.ones(len(data)), kp, b, c, kp & b, kp & c, data["base"]]).astype(float)
    root = np.linalg.inv(np.linalg.cholesky(fit.sigma))
    blocks = design.reshape(-1, 3, design.shape[1])
    y = data["y"].to_numpy().reshape(-1, 3)
    white = np.vstack([root @ block for block in blocks])
    beta = np.linalg.lstsq(white, np.concatenate([root @ own for own in y]), rcond=None)[0]
    scaled = np.concatenate([root @ (own - block @ beta) for own, block in zip(y, blocks, strict=True)])
    found = mixed.residuals(fit)
    assert found.n == 90
    assert found.skewness == approx(stats.skew(scaled, bias=False), rel=1e-4)
    assert found.kurtosis == approx(stats.kurtosis(scaled, bias=False), rel=1e-4)
    ordered = np.sort((scaled - scaled.mean()) / scaled.std(ddof=1)).reshape(5, 18).mean(axis=1)
    assert found.observed == approx(ordered, abs=1e-5)


# Standard errors of g1 and g2 under normality, n = 90: sqrt(6 n (n-1) / ((n-2)(n+1)(n+3))) and its companion
def test_the_standard_errors_are_those_of_a_normal_sample():
    found = mixed.residuals(mixed.fit(trial(), formula="y ~ arm + base", subject="id", structure="RI"))
    assert (found.skewness_se, found.kurtosis_se) == approx((0.25403, 0.50294), abs=5e-5)


def test_the_groups_of_a_normal_sample_are_symmetric_and_rise():
    expected = mixed.residuals(mixed.fit(trial(), formula="y ~ arm + base", subject="id", structure="RI")).expected
    assert list(expected) == sorted(expected)
    assert expected == approx([-v for v in expected[::-1]])
    assert expected[-1] == approx(stats.norm.pdf(stats.norm.ppf(0.8)) / 0.2, abs=0.02)  # mean above the 80 % quantile


def test_the_order_of_the_subjects_does_not_matter():
    def shape(data):
        return mixed.residuals(mixed.fit(data, formula="y ~ arm + base", subject="id", structure="RI"))

    assert shape(trial()).observed == approx(shape(trial().sort_values("id", ascending=False, kind="stable")).observed)


def test_a_group_of_fewer_than_three_is_not_given():
    small = mixed.fit(trial(4), formula="y ~ arm", subject="id", structure="RI")
    found = mixed.residuals(small)
    assert (found.n, found.reason, found.observed) == (12, "too-few", ())
    assert len(mixed.residuals(small, groups=4).observed) == 4


def test_without_a_model_there_are_no_residuals():
    assert mixed.residuals(None).reason == "too-few"
    with pytest.raises(InvalidInput, match="groups is 0"):
        mixed.residuals(None, groups=0)
