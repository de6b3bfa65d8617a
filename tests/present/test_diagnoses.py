"""What diagnostics show: the fit of models, the weight of priors, follow-up and influence."""

import dataclasses

import pytest

from helpers.present import diagnoses, figures, tables
from helpers.present.numbers import MARK
from tests.present import fabricate


def row(table, name: str) -> tuple[str, ...]:
    return next(cells[1:] for cells in table.rows if cells[0].startswith(name))


def test_a_model_over_vertebrae_shows_its_spread_and_the_shape_of_its_residuals(project):
    table = tables.model_fit(fabricate.height())
    assert table.header == ("Mixed model", "Anterior height", "Middle height", "Posterior height")
    assert row(table, "SD between patients, mm") == ("0.9",) * 3
    assert row(table, "SD between vertebrae of a patient, mm") == ("1.6",) * 3
    assert row(table, "Correlation of vertebrae") == ("0.27",) * 3
    assert row(table, "Skewness") == ("0.31 (0.34)",) * 3
    assert row(table, "Excess kurtosis") == ("\u22120.42 (0.34)",) * 3


@pytest.mark.parametrize(
    ("method", "words"),
    [
        ("mmrm-un-kr", "unstructured"),
        ("mmrm-csh-kr", "heterogeneous compound symmetry (fall"),
        ("mmrm-kr", "none"),
    ],
)
def test_a_model_of_repeated_measures_says_which_covariance_it_used(project, method, words):
    records = [
        dataclasses.replace(r, method=method) if r.analysis == "pain.vas" and r.statistic == "df" else r
        for r in fabricate.pain()
    ]
    table = tables.model_fit(records)
    assert row(table, "Covariance used")[0].startswith(words)
    assert row(table, "Residual SD, day 21, points") == ("1.8",)
    assert row(table, "Correlation of day 1 and month 3") == ("0.46",)


def test_the_residuals_of_every_measure_are_said_beside_those_of_a_normal_sample(project):
    alt = figures.residuals(fabricate.qol()).alt
    assert "daily activities \u22121.31, \u22120.62, 0.04, 0.55, 1.42 (normal: \u22121.35, " in alt
    assert alt.count("(normal:") == 4


def test_residuals_that_are_not_given_are_not_drawn(project):
    gone = [
        dataclasses.replace(r, value=None, method="scaled-residuals:too-few") if "_FIFTH" in r.parameter else r
        for r in fabricate.pain()
    ]
    fit = [r for r in gone if r.analysis == "pain.vas_fit" and r.statistic == "mean"]
    assert diagnoses.fifths(fit, "VAS") == []
    assert "pain (vas) not estimable" in figures.residuals(gone).alt


def test_the_readers_are_said_with_their_limits_of_agreement(project):
    alt = figures.readers(fabricate.angle()).alt
    assert "in degrees: kyphotic angle, before 0.1 (\u22121.6 to 1.8); kyphotic angle, month 3 0.1 (" in alt


def test_vertebrae_are_counted_and_their_likeness_is_given(project):
    table = tables.vertebrae(fabricate.height())
    assert row(table, "Anterior height, mm")[3] == "0.27"
    assert row(table, "Anterior height, mm")[0].endswith("n\u00a0=\u00a025")


def test_a_prior_weighs_its_patients_before_and_all_of_them_after(project):
    table = tables.leakage_prior_checks(fabricate.leakage())
    assert row(table, "Main analysis") == ("2 \u2192 18", "2 \u2192 17", "0.44", "0.44")
    assert len(table.rows) == 5


def test_follow_up_is_said_in_months_and_days(project):
    table = tables.tolerance_follow_up(fabricate.tolerance())
    assert row(table, "Patient-months") == ("39.1", "42.4")
    assert row(table, "Days, median") == ("93 (70 to 98)",) * 2


def test_the_range_of_a_correlation_stands_beside_it(project):
    table = tables.volume_influence(fabricate.volume_pain())
    assert row(table, "Total volume") == ("\u22120.05", "\u22120.17 to 0.08", "0.01", "0.00")


def test_a_hidden_shape_leaves_its_mark(project):
    hidden = [
        dataclasses.replace(r, value=None, method="residual-shape:hidden") if r.parameter.endswith("_SKEW") else r
        for r in fabricate.angle()
    ]
    assert row(tables.model_fit(hidden), "Skewness") == (MARK,)
