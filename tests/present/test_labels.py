"""Names: every code of the plan's records has one, and they come in one order."""

import pytest

from helpers.present import labels, spans
from helpers.stats import REASONS
from tests.present import fabricate


def test_codes_come_in_the_order_of_this_module_and_unknown_terms_last_by_name():
    assert labels.in_order(["M3", "D0", "D21", "D1"]) == ["D0", "D1", "D21", "M3"]
    assert labels.in_order(["RESP50", "zinc", "RESP30", "Back pain"]) == ["RESP30", "RESP50", "Back pain", "zinc"]


def test_what_follows_a_code_does_not_change_its_place():
    codes = ["DPQSI_TIPPING", "DPQAD_TIPPING", "DPQDA_TIPPING", "DPQWL_TIPPING"]
    assert labels.in_order(codes) == [f"{code}_TIPPING" for code in labels.DOMAINS]
    assert labels.in_order(["POSHT_CHG", "ANTHT", "ANTHT_CHG"]) == ["ANTHT", "ANTHT_CHG", "POSHT_CHG"]


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("VAS_CHG", "Pain (VAS)"),
        ("ANTHT_ICC", "Anterior height"),
        ("VOLTOT_LEVELS", "Total volume"),
        ("DPQDA_MCII", "Daily activities, important improvement"),
        ("SEX|F", "Women"),
        ("PRIMTUM|BREAST", "Breast"),
        ("BACK PAIN|GE3", "Back pain"),
    ],
)
def test_a_parameter_is_named_after_its_measure(code, name):
    assert labels.parameter(code) == name


def test_every_unit_of_a_contrast_has_its_name_on_an_axis(project):
    from helpers.present import main_results

    records = [r for made in fabricate.ALL.values() for r in made()]
    assert {line.interval.unit for line in main_results.contrasts(records)} <= set(labels.UNITS)


def test_no_reason_reads_like_a_hidden_number():
    assert "hidden" not in REASONS


def test_a_coded_term_has_a_key_of_small_letters():
    assert spans.slug("PRIMTUM|BREAST") == "primtum_breast"
