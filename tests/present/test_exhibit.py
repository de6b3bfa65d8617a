import csv
import io

import pytest

from helpers.errors import InvalidInput
from helpers.paths import OUTPUT_VARIABLE
from helpers.present import exhibit, figures, tables
from tests.present import fabricate
from tests.present.conftest import BANNER


def rows(text: str) -> list[dict]:
    return list(csv.DictReader(io.StringIO(text)))


def test_a_synthetic_figure_says_so_in_the_picture_in_the_words_and_in_every_row_of_its_numbers(project):
    shown = figures.leakage_success(fabricate.leakage())
    assert BANNER in shown.svg
    assert shown.alt.endswith("Synthetic data.")
    assert {row["DATA"] for row in rows(shown.csv)} == {BANNER}


def test_a_figure_of_a_real_export_says_nothing_of_the_kind(real_export):
    shown = figures.leakage_success(fabricate.leakage())
    assert "SYNTHETIC" not in shown.svg
    assert "Synthetic" not in shown.alt
    assert "DATA" not in rows(shown.csv)[0]


def test_no_picture_is_drawn_without_a_record_of_the_data(own_project):
    (own_project / "data/processed/provenance.json").unlink()
    with pytest.raises(Exception, match=r"provenance\.json is missing"):
        figures.leakage_success(fabricate.leakage())


def test_the_numbers_of_an_exhibit_are_unrounded(project):
    found = {
        (row["group"], row["statistic"]): row["value"] for row in rows(tables.leakage_success(fabricate.leakage()).csv)
    }
    assert found["KP-VP", "estimate"] == "0.291666666667"  # 10/16 - 5/15 at 12 significant digits


def test_the_pipeline_gets_the_svg_and_a_person_in_jupyterlab_the_png(project, monkeypatch):
    shown = figures.leakage_success(fabricate.leakage())
    monkeypatch.setenv(OUTPUT_VARIABLE, str(project))
    data, metadata = shown._repr_mimebundle_()
    assert {"image/svg+xml", "image/png", "text/csv", "text/plain"} == set(data)
    assert metadata["kypho"] == {"kind": "figure", "alt": shown.alt, "note": "", "narrow": shown.narrow}
    monkeypatch.delenv(OUTPUT_VARIABLE)
    assert "image/svg+xml" not in shown._repr_mimebundle_()[0]


def test_a_table_is_markdown_and_keeps_its_pipes(project):
    made = exhibit.table(["a", "b"], [["x|y", "1"]], shown=fabricate.leakage())
    assert made.markdown.splitlines() == ["| a | b |", "| :---- | ---: |", "| x\\|y | 1 |"]
    assert set(made._repr_mimebundle_()[0]) == {"text/markdown", "text/csv", "text/plain"}


@pytest.mark.parametrize("cells", [[], [["only one"]]])
def test_an_empty_or_ragged_table_is_an_error(project, cells):
    with pytest.raises(InvalidInput, match="a table of 2 columns"):
        exhibit.table(["a", "b"], cells, shown=fabricate.leakage())


def test_an_exhibit_without_a_record_is_an_error(project):
    with pytest.raises(InvalidInput, match="would be empty"):
        exhibit.numbers_csv([])
