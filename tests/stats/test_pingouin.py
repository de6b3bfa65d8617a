"""The adapter of pingouin: what it guards against, and each of its numbers by another route."""

import ast
import subprocess
import sys
from pathlib import Path

import numpy as np
import pingouin
import pytest
from pytest import approx
from scipy import stats as scipy_stats

import helpers
from helpers.errors import InvalidInput
from helpers.stats import REASONS, Interval, _pingouin


def test_importing_the_statistics_does_not_import_pingouin():
    code = (
        "import sys; from helpers.stats import agreement, bayes, bootstrap, correlation, "
        "effect_sizes, means, proportions, regression, spread, summary; "
        "print(sorted({'pingouin', 'statsmodels', 'sklearn', 'seaborn', 'matplotlib'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_limits_come_at_full_precision_and_the_options_stay_as_they_were():
    before = dict(pingouin.options)
    found = _pingouin.welch(np.array([1.0, 2.0, 4.0]), np.array([2.0, 5.0, 6.0, 9.0]), level=0.95)
    assert found.lower != round(found.lower, 2)
    assert pingouin.options == before


def test_the_name_of_a_confidence_level_other_than_95_is_understood():
    x, y = np.array([1.0, 2.0, 4.0]), np.array([2.0, 5.0, 6.0, 9.0])
    narrow, wide = (_pingouin.welch(x, y, level=level) for level in (0.9, 0.99))
    assert wide.lower < narrow.lower < narrow.upper < wide.upper


# pingouin would take the single value for a hypothetical mean and test one sample
def test_a_sample_of_one_is_refused():
    with pytest.raises(InvalidInput, match="at least 2"):
        _pingouin.welch(np.array([1.0, 2.0, 3.0]), np.array([5.0]), level=0.95)


def test_unequal_lengths_and_missing_values_are_refused():
    with pytest.raises(InvalidInput, match="pairs"):
        _pingouin.spearman(np.arange(4.0), np.arange(5.0))
    with pytest.raises(InvalidInput, match="not a number"):
        _pingouin.welch(np.array([1.0, np.nan, 2.0]), np.arange(3.0), level=0.95)


def test_a_reason_outside_the_list_is_refused():
    assert Interval(None, None, None, next(iter(REASONS))).reason == "too-few"
    with pytest.raises(InvalidInput, match="because"):
        Interval(None, None, None, "because")


def test_no_other_module_imports_pingouin():
    root = Path(helpers.__file__).parent
    found = set()
    for file in root.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            if any(name.split(".")[0] == "pingouin" for name in names):
                found.add(file.relative_to(root).as_posix())
    assert found == {"stats/_pingouin.py"}


X, Y = np.array([3.1, 4.0, 5.2, 4.4, 3.9, 6.6]), np.array([3.5, 4.1, 4.9, 3.2, 4.6, 5.0])


# Each test by scipy
@pytest.mark.parametrize("alternative", ["two-sided", "greater", "less"])
def test_t_tests_agree_with_scipy(alternative):
    for found, theirs in (
        (
            _pingouin.welch(X, Y[:5], level=0.9, alternative=alternative),
            scipy_stats.ttest_ind(X, Y[:5], equal_var=False, alternative=alternative),
        ),
        (
            _pingouin.paired(X, Y, level=0.9, alternative=alternative),
            scipy_stats.ttest_rel(X, Y, alternative=alternative),
        ),
    ):
        limits = theirs.confidence_interval(0.9)
        assert (found.lower, found.upper) == approx((limits.low, limits.high), rel=1e-9)
        assert (found.p_value, found.df) == approx((theirs.pvalue, theirs.df), rel=1e-9)


def test_correlations_agree_with_scipy():
    for found, theirs in (
        (_pingouin.pearson(X, Y), scipy_stats.pearsonr(X, Y)),
        (_pingouin.spearman(X, Y), scipy_stats.spearmanr(X, Y)),
    ):
        assert (found.estimate, found.p_value) == approx((theirs.statistic, theirs.pvalue), rel=1e-9)


# A t statistic as large as any: no warning of the parts of pingouin's answer that are not used
def test_extreme_samples_leave_no_warning():
    found = _pingouin.welch(np.array([1e8, 1e8 + 1, 1e8 + 2]), np.array([1.0, 2.0, 3.0]), level=0.95)
    assert found.p_value < 1e-20
    assert _pingouin.paired(X + 1e6, X + 0.001 * Y, level=0.95).p_value < 1e-20
    near = _pingouin.paired(np.ones(3), np.array([-0.00032442, 0.00092588, 0.00266943]), level=0.95)
    assert near.p_value < 1e-5
