"""Formats. A reader who checks a percentage by hand gets the same digits: rounding is half up and in decimal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.present import numbers


# 10/16 is 62.5 %: half up gives 63, the default of Python's formatting (half to even) would give 62
def test_a_half_is_rounded_up():
    assert numbers.plain(10 / 16, "proportion") == "63"


# 1.005 is 1.00499... in binary, and still what a person typed; two digits of it are 1.01
def test_rounding_is_decimal_and_not_binary():
    assert numbers.fixed(1.005, 2) == "1.01"


def test_a_negative_number_carries_a_true_minus_sign():
    assert numbers.plain(-1.25, "mm") == "\u22121.3"


def test_nothing_is_rounded_to_minus_zero():
    assert numbers.plain(-0.04, "mm") == "0.0"


# 10/16 - 5/15 = 0.291666...
def test_a_difference_of_proportions_is_in_points_with_one_digit_more():
    assert numbers.worded(10 / 16 - 5 / 15, "proportion", contrast=True) == "29.2 percentage points"


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.58, "proportion", "58\u00a0%"),
        (1.24, "mm", "1.2\u00a0mm"),
        (-2.64, "degree", "\u22122.6°"),
        (0.2, "points", "0.2 points"),
        (-0.029, "correlation", "\u22120.03"),
        (None, "mm", "not estimable"),
    ],
)
def test_a_value_in_a_sentence_has_its_unit(value, unit, text):
    assert numbers.worded(value, unit) == text


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [(0.0004, "p", "<0.001"), (0.0005, "p", "0.001"), (0.996, "probability", ">0.99"), (0.943, "probability", "0.94")],
)
def test_a_probability_never_reads_zero_or_one_by_rounding(value, unit, text):
    assert numbers.plain(value, unit) == text


def test_an_interval_says_to_and_not_a_dash_that_reads_as_minus():
    assert numbers.interval(-0.065, 0.582, "proportion", contrast=True) == "\u22126.5 to 58.2"


def test_an_estimate_without_limits_stands_alone():
    assert numbers.estimate(0.3, None, None, "proportion") == "30"


@given(st.floats(-1e6, 1e6), st.integers(0, 4))
def test_the_text_is_within_half_a_step_of_the_value(value, digits):
    text = numbers.fixed(value, digits)
    assert "-" not in text
    assert abs(float(text.replace(numbers.MINUS, "-")) - value) <= 0.5 * 10**-digits * (1 + 1e-9)
