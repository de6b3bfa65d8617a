"""Alternative texts of a built site: each says what is seen, with the numbers of its records."""

import csv
import json
import re
from pathlib import Path

import pytest

from helpers.present import numbers

pytestmark = pytest.mark.pipeline


def shown(path: Path) -> set[str]:
    """The numbers of an exhibit's CSV as people read them; single digits could be anything."""
    found = set()
    for row in csv.DictReader(path.read_text(encoding="utf-8").splitlines()):
        if row["value"]:
            found.add(numbers.plain(float(row["value"]), row["unit"], contrast=row["group"] == "KP-VP"))
    return {text for text in found if len(text) > 1}


def test_every_figures_alternative_text_has_numbers_of_its_records_and_is_no_name_of_a_file(built_site):
    pages = json.loads((built_site / "manifest.json").read_text(encoding="utf-8"))["pages"]
    looked_at = set()
    for name, page in pages.items():
        for exhibit in page["exhibits"]:
            sheets = list(built_site.glob(f"results/*/exhibits/{exhibit['id']}.csv"))
            if exhibit["kind"] != "figure" or not exhibit["alt"] or not sheets:
                continue
            (alt,) = exhibit["alt"]
            assert not re.search(r"\.(svg|png|csv)\b", alt), f"{name}: {exhibit['id']}"
            words = set(re.findall(r"[\u2212<>]?\d+(?:\.\d+)?", alt))
            assert words & shown(sheets[0]), f"{name}: the text of {exhibit['id']} has no number of its records: {alt}"
            looked_at.add(exhibit["id"])
    drawn = {path.stem for path in built_site.glob("results/*/exhibits/fig-*.png")}
    assert looked_at == drawn and len(drawn) > 20
