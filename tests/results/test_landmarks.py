"""The value of no effect of every interval of the committed results, and which probabilities are posterior ones."""

import json

import pytest

from helpers.paths import REPORTED
from helpers.results import Record
from helpers.results.landmarks import is_magnitude, is_posterior, null_value
from tests.baking import ROOT
from tests.results.sides import number, posterior

#: Methods of the intervals of an arm or of all patients that are held against nothing: levels, rates, reliability.
LEVELS = {
    *("ancova", "ancova-auc", "mixed-vc", "mixed-ri-kr", "mmrm-un-kr", "wilson", "clopper-pearson", "garwood"),
    *("beta-binomial", "beta-binomial-ml", "kaplan-meier-log-log", "aalen-johansen-log-log"),
    *("icc-a1-cluster-bootstrap", "bland-altman-clustered"),
}


@pytest.mark.parametrize(
    ("about", "null"),
    [
        ({"unit": "points"}, 0),
        ({"unit": "proportion", "method": "miettinen-nurminen"}, 0),
        ({"unit": "ratio", "method": "miettinen-nurminen"}, 1),
        ({"unit": "odds", "method": "win-odds"}, 1),
        ({"unit": "proportion", "method": "relative-effect"}, 0.5),
        ({"unit": "nnt", "method": "reciprocal-miettinen-nurminen"}, None),
        ({"unit": "correlation", "method": "spearman-bca", "group": "all"}, 0),
        ({"unit": "slope", "method": "linear-regression", "group": "all"}, 0),
        ({"unit": "points", "method": "mean-t", "group": "KP"}, 0),
        ({"unit": "correlation", "method": "icc-a1-cluster-bootstrap", "group": "all"}, None),
        ({"unit": "mm", "method": "bland-altman-clustered", "group": "all"}, None),
        ({"unit": "proportion", "method": "wilson", "group": "KP"}, None),
        ({"unit": "ratio", "method": "miettinen-nurminen:no-events", "value": None}, 1),
    ],
)
def test_the_value_of_no_effect_follows_from_contrast_unit_and_method(about, null):
    assert null_value(number(**about)) == null


def committed() -> list[Record]:
    return [
        Record(**row)
        for endpoint in REPORTED
        for row in json.loads((ROOT / "results" / endpoint / "results.json").read_text(encoding="utf-8"))
    ]


def test_every_interval_of_the_results_has_its_value_or_is_known_to_have_none():
    without = {
        (r.base_method, r.unit)
        for r in committed()
        if r.statistic == "lower95" and null_value(r) is None and r.base_method not in LEVELS
    }
    assert without == {("reciprocal-miettinen-nurminen", "nnt")}, (
        "say in landmarks.py what the interval is held against"
    )


def test_a_prior_check_is_a_p_value_and_no_posterior_probability():
    assert is_posterior(posterior(0.9)) and is_posterior(posterior(0.9, method="beta-binomial-predictive"))
    assert not is_posterior(posterior(0.9, method="prior-predictive"))
    assert not is_posterior(number(0.9, statistic="p_value", method="beta-binomial"))
    assert {r.base_method for r in committed() if r.statistic == "probability" and not is_posterior(r)} == {
        "prior-predictive"
    }


def test_a_part_of_a_number_is_said_of_sizes_and_not_of_differences_or_scores():
    assert is_magnitude(number(12, statistic="n", unit="patients"))
    assert is_magnitude(number(2.0, unit="odds", method="win-odds"))
    assert not is_magnitude(number())
    assert not is_magnitude(number(0.3, statistic="p_value", unit="p"))
    assert not is_magnitude(number(0.3, unit="proportion", group="KP", method="wilson"))
