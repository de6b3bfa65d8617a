import subprocess
import sys

import numpy as np
import pingouin
import pytest

from helpers.errors import InvalidInput
from helpers.stats import REASONS, Interval, _pingouin


def test_importing_the_statistics_does_not_import_pingouin():
    code = (
        "import sys; from helpers.stats import bayes, correlation, means, proportions; "
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
