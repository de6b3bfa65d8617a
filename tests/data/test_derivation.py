"""What `derive` decided about single Dallas forms, said form by form and counted."""

import pandas as pd
import pytest

from helpers.data import load_datasets
from helpers.data.derivation import COLUMNS, FILE, derivation
from helpers.data.derive import derive
from helpers.data.validate import validate


def forms(codebook, *rows):
    """The interim table dallas: subject, visit and the cells that are not empty."""
    columns = codebook.tables["dallas"].columns
    table = pd.DataFrame([dict(row) for row in rows], columns=list(columns))
    numbers = [name for name in columns if name.startswith("item") or name.startswith("dpq")]
    return {"dallas": table.astype({name: "float64" for name in numbers})}


def items(start, *values):
    return {f"item_{k:02d}": value for k, value in enumerate(values, start)}


DAILY, WORK, MIND, SOCIAL = (
    items(1, 2, 2, 2, 2, 2, 2, 3),
    items(8, 5, 5, 5),
    items(11, 2, 2, 2),
    items(14, 1, 1, 1),
)


def test_a_form_scored_from_all_its_items_needs_no_decision(codebook):
    full = {"subject_id": "P1", "visit": "D0", **DAILY, **WORK, **MIND, **SOCIAL}
    made = derivation(forms(codebook, full), codebook)
    assert made.log.empty
    assert list(made.log.columns) == COLUMNS
    assert str(made) == "Dallas: every domain was scored from all its items"


def test_each_decision_is_logged_with_how_it_was_made(codebook):
    cut = {"subject_id": "P2", "visit": "M3", **items(1, 5, 5, 5, 5, 5, 5, 5), **WORK, **MIND, **SOCIAL}
    short = {"subject_id": "P1", "visit": "M3", **items(1, 2, 2, 2, 2, 2, 1), **items(8, 5, 5), **MIND}
    site = {"subject_id": "P1", "visit": "D0", "dpqda": 22.5, **WORK, **MIND, **SOCIAL}
    made = derivation(forms(codebook, cut, short, site), codebook)
    assert made.log.to_numpy().tolist() == [
        ["KYPHO-01-P1", "D0", "DPQDA taken from the site", "no item was delivered; the site's score is 22.5"],
        [
            "KYPHO-01-P1",
            "M3",
            "DPQDA with replaced items",
            "item_07 is missing, the mean of the other items, 1.83333, stands for it",
        ],
        ["KYPHO-01-P1", "M3", "DPQSI not scored", "neither an item nor a score was delivered"],
        ["KYPHO-01-P1", "M3", "DPQWL not scored", "item_10 is missing; of 3 items none may be"],
        ["KYPHO-01-P2", "M3", "DPQDA cut at 100", "3 x 35 = 105"],
    ]
    assert "  DPQWL not scored: 1" in str(made)


@pytest.fixture
def scored_only(export):
    """The export of a site that delivers scores instead of items: those of its items, where there are any."""
    rows = export.rows("dallas")
    for row in rows:
        for domain in export.codebook.dallas.domains.values():
            points = [row[item] for item in domain.items]
            if "" not in points:
                row[domain.scored] = str(min(100, domain.multiplier * sum(map(int, points))))
            row |= {item: "" for item in domain.items}
    export.save("dallas", rows)
    return export


def test_an_export_with_scores_only_gives_the_domains_of_its_items(scored_only, project, params, capsys):
    """Domains with a missing item apart, which the site is taken not to have scored."""
    assert [p for p in scored_only.problems() if p.severity == "error"] == []
    validate(params)
    derive(params)
    rows = load_datasets("adqs").adqs
    assert set(rows["PARCAT1"]) == {"DOMAIN"}
    assert set(rows["SCORSRC"]) == {"SITE"}
    sites = [v for row in scored_only.rows("dallas") for c, v in row.items() if c.startswith("dpq") and v]
    assert sorted(rows["AVAL"]) == sorted(map(float, sites))
    assert "taken from the site" in capsys.readouterr().out


def test_the_log_lies_beside_the_datasets_and_agrees_with_adqs(project, params):
    validate(params)
    derive(params)
    log = pd.read_csv(project / "data" / "processed" / FILE)
    domains = load_datasets("adqs").adqs.query("PARCAT1 == 'DOMAIN'")
    assert log["what"].str.endswith("cut at 100").sum() == (domains["CAPFL"] == "Y").sum()
    assert log["what"].str.endswith("with replaced items").sum() == (domains["NIMPUT"] > 0).sum()
    received = len(load_datasets("adqs").adqs.query("PARCAT1 == 'ITEM'").drop_duplicates(["USUBJID", "AVISIT"]))
    assert log["what"].str.endswith("not scored").sum() == 4 * received - len(domains)
