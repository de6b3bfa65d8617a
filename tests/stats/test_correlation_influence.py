"""A rank correlation with each pair left out, and ties."""

import numpy as np
import pytest
from pytest import approx
from scipy import stats

from helpers.errors import InvalidInput
from helpers.stats import correlation


def test_the_range_is_that_of_scipy_with_each_pair_left_out():
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=15), rng.normal(size=15)
    rhos = [stats.spearmanr(np.delete(x, i), np.delete(y, i)).statistic for i in range(15)]
    found = correlation.leave_one_out(x, y)
    assert (found.n, found.lowest, found.highest) == approx((15, min(rhos), max(rhos)))


def test_a_pair_that_makes_the_correlation_is_found():
    # 1 to 6 against their reverse, and one pair beyond both: without it the correlation is -1
    found = correlation.leave_one_out([1, 2, 3, 4, 5, 6, 100], [6, 5, 4, 3, 2, 1, 100])
    assert found.lowest == -1
    assert found.highest > found.lowest


def test_pairs_with_a_missing_value_are_left_out_from_the_start():
    full = correlation.leave_one_out([1, 2, 3, 4, 5, 6], [2, 1, 4, 3, 6, 5])
    assert correlation.leave_one_out([1, 2, np.nan, 3, 4, 5, 6], [2, 1, 9, 4, 3, 6, 5]) == full


def test_too_few_pairs_and_values_that_do_not_vary_have_their_reason():
    assert correlation.leave_one_out([], []).reason == "too-few"
    assert correlation.leave_one_out([1, 2], [2, 1]).reason == "too-few"
    assert correlation.leave_one_out([1, 1, 1, 1, 1, 2], [1, 2, 3, 4, 5, 6]).reason == "no-variance"
    with pytest.raises(InvalidInput):
        correlation.leave_one_out([1, 2], [1])


# By hand: of 10 pairs of 1, 1, 1, 2, 2 three are of ones and one of twos
def test_ties_are_counted_in_pairs():
    assert correlation.tied([1, 1, 1, 2, 2]) == approx(0.4)
    assert correlation.tied([1, 2, 3]) == 0
    assert correlation.tied([1]) is None
