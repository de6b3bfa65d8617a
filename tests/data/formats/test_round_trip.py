"""What is written in a format reads back as the same canonical tables."""

import pandas as pd
import pytest

from tests.data.formats.cohort import VARIANTS, VERBATIM, delivered, tables_of, typed, whole


def same(one: dict, other: dict) -> None:
    for name in one:
        pd.testing.assert_frame_equal(one[name], other[name], obj=name)


@pytest.fixture(params=VARIANTS, ids=lambda name: name.replace(" ", "-"))
def variant(request):
    return VARIANTS[request.param]


@pytest.mark.parametrize(
    ("patients", "seed", "scenario"),
    [(31, 20160301, "base"), (4, 3, "base"), (90, 7, "heavy-missing"), (40, 11, "one-site"), (25, 5, "strong")],
)
def test_every_format_gives_the_tables_of_the_native_one(variant, patients, seed, scenario, codebook, tmp_path):
    tables = tables_of(codebook, patients=patients, seed=seed, scenario=scenario)
    native = typed(delivered(tables, tmp_path / "csv", codebook, "csv"), codebook)
    format, options = variant
    same(native, typed(delivered(tables, tmp_path / "other", codebook, format, **options), codebook))


def test_text_comes_through_as_it_is(variant, codebook, tmp_path):
    tables = tables_of(codebook)
    events = tables["adverse_events"].copy()
    events["verbatim"] = [VERBATIM[k % len(VERBATIM)] for k in range(len(events))]
    format, options = variant
    found = delivered(tables | {"adverse_events": events}, tmp_path / "export", codebook, format, **options)
    expected = events.set_index(["subject_id", "ae_number"])["verbatim"].to_dict()
    read = typed(found, codebook)["adverse_events"].set_index(["subject_id", "ae_number"])["verbatim"]
    assert read.to_dict() == expected


def test_tables_without_rows_come_back_without_rows(variant, codebook, tmp_path):
    format, options = variant
    tables = {name: table.iloc[:0] for name, table in tables_of(codebook).items()}
    tables["patients"] = tables_of(codebook)["patients"]
    read = typed(delivered(tables, tmp_path / "export", codebook, format, **options), codebook)
    assert {name: len(table) for name, table in read.items() if len(table)} == {"patients": 31}


def test_a_row_whose_values_are_all_missing_is_kept(variant, codebook, tmp_path):
    format, options = variant
    tables = tables_of(codebook)
    imaging = tables["imaging"].copy()
    imaging.loc[imaging.index[:3], ["anterior_mm", "middle_mm", "posterior_mm", "kyphosis_deg"]] = float("nan")
    read = typed(delivered(tables | {"imaging": imaging}, tmp_path / "export", codebook, format, **options), codebook)
    assert len(read["imaging"]) == len(imaging)
    assert read["imaging"]["kyphosis_deg"].isna().sum() == imaging["kyphosis_deg"].isna().sum()


def test_scores_of_the_site_come_through_though_their_columns_may_be_absent(variant, codebook, tmp_path):
    format, options = variant
    tables = tables_of(codebook)
    dallas = tables["dallas"].assign(dpqda=12.5, dpqwl=100.0)
    without = dallas.drop(columns=["dpqad", "dpqsi"])
    read = typed(delivered(tables | {"dallas": without}, tmp_path / "export", codebook, format, **options), codebook)
    assert set(read["dallas"]["dpqda"]) == {12.5}
    assert set(read["dallas"]["dpqwl"]) == {100.0}
    assert read["dallas"]["dpqsi"].isna().all()


def test_the_same_tables_give_the_same_bytes(variant, codebook, tmp_path):
    format, options = variant
    tables = tables_of(codebook)
    for name in ("one", "other"):
        delivered(tables, tmp_path / name, codebook, format, **options)
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "other" / path.name).read_bytes(), path.name


def test_a_patient_delivered_twice_is_read_twice(variant, codebook, tmp_path):
    format, options = variant
    tables = tables_of(codebook)
    doubled = pd.concat([tables["vas"], tables["vas"].iloc[:1]], ignore_index=True)
    export = delivered(tables | {"vas": doubled}, tmp_path / "export", codebook, format, **options)
    assert len(whole(export, "vas")) == len(doubled)


def test_a_new_column_of_the_codebook_needs_no_word_in_the_code(variant, codebook, tmp_path):
    format, options = variant
    table = codebook.tables["imaging"]
    new = table.columns["anterior_mm"].model_copy(update={"label": "Width of the vertebra"})
    wider = table.model_copy(update={"columns": table.columns | {"width_mm": new}})
    changed = codebook.model_copy(update={"tables": codebook.tables | {"imaging": wider}})
    tables = tables_of(codebook)
    imaging = tables["imaging"].assign(width_mm=31.5)
    export = delivered(tables | {"imaging": imaging}, tmp_path / "export", changed, format, **options)
    assert set(typed(export, changed)["imaging"]["width_mm"]) == {31.5}
    assert (whole(export, "imaging")["width_mm"] == "31.5").all()
