"""References: numbered by the project's own style, each with a DOI or with an address and the day it was read."""

import re
from pathlib import Path

import pytest

from helpers.publish.pandoc import run_pandoc
from tests.baking import ROOT

STYLE = ROOT / "manuscript/assets/vancouver.csl"
BIBLIOGRAPHY = ROOT / "manuscript/references.bib"

#: What citeproc makes of an article, of one with more than six authors, of a report, of a page: the order and signs of
#: the Vancouver examples of the National Library of Medicine (Samples of Formatted References for Authors).
LISTED = {
    "shi2021": "Shi X, Cui Y, Pan Y, Wang B, Lei M. Prediction of early vascular cement leakage following percutaneous "
    "vertebroplasty in spine metastases: The Peking University First Hospital Score (PUFHS). BMC Cancer. 2021;21. "
    "doi:10.1186/s12885-021-08503-2",
    "barragan2006": "Barragán-Campos HM, Vallée J-N, Lo D, Cormier E, Jean B, Rose M, et al. Percutaneous "
    "vertebroplasty for spinal metastases: complications. Radiology. 2006;238(1):354–62. doi:10.1148/radiol.2381040841",
    "iche9r1": "International Council for Harmonisation. ICH E9 (R1) addendum on estimands and sensitivity analysis in "
    "clinical trials to the guideline on statistical principles for clinical trials. European Medicines Agency, "
    "EMA/CHMP/ICH/436221/2017; 2020. https://www.ema.europa.eu/en/ich-e9-statistical-principles-clinical-trials-"
    "scientific-guideline, accessed 23 Nov 2026",
    "ichgcp": "ICH GCP Clinical Trials Registry. NCT02700308. Copy of the registry record, last update 26 July 2022. "
    "https://ichgcp.net/clinical-trials-registry/NCT02700308, accessed 23 Nov 2026",
}


def entries() -> dict[str, str]:
    text = BIBLIOGRAPHY.read_text(encoding="utf-8")
    found = re.findall(r"^@\w+\{(\S+?),\n(.*?)^\}", text, flags=re.DOTALL | re.MULTILINE)
    assert len(found) == len(re.findall(r"^@", text, flags=re.MULTILINE))
    return dict(found)


@pytest.fixture(scope="module")
def plain(tmp_path_factory) -> str:
    """A text that cites the whole bibliography, by citeproc."""
    keys = [*LISTED, *(key for key in entries() if key not in LISTED)]
    text = f"One [@{keys[0]}]. Three [@{keys[0]}; @{keys[1]}; @{keys[2]}]. All [{'; '.join(f'@{k}' for k in keys)}].\n"
    output: Path = tmp_path_factory.mktemp("references") / "page.txt"
    run_pandoc(
        text,
        source="test",
        to="plain",
        output=output,
        filters=["citeproc"],
        metadata={"csl": str(STYLE), "bibliography": [str(BIBLIOGRAPHY)]},
        options={"wrap": "none"},
    )
    return output.read_text(encoding="utf-8").strip()


def test_citations_are_numbers_in_brackets_in_the_order_of_the_text(plain):
    assert plain.startswith(f"One [1]. Three [1–3]. All [1–{len(entries())}].")


@pytest.mark.parametrize("key", LISTED)
def test_a_reference_is_listed_in_the_manner_of_vancouver(plain, key):
    number = list(LISTED).index(key) + 1
    assert f"\n{number}. {LISTED[key]}\n" in plain + "\n"


def test_every_reference_leads_somewhere(plain):
    listed = re.findall(r"^\d+\. .*$", plain, flags=re.MULTILINE)
    assert len(listed) == len(entries())
    assert [
        line for line in listed if not re.search(r"doi:10\.\S+$|https://\S+, accessed \d+ \w{3} \d{4}$", line)
    ] == []


@pytest.mark.parametrize("key", entries())
def test_an_entry_has_a_doi_or_an_address_and_the_day_it_was_read(key):
    fields = dict(re.findall(r"^  (\w+) = \{(.*)\},?$", entries()[key], flags=re.MULTILINE))
    assert fields.get("doi", "").startswith("10.") or {"url", "urldate"} <= set(fields)
    assert not fields.get("doi", "").startswith("http")
    assert not re.match(r"https://(?:dx\.)?doi\.org", fields.get("url", ""))


def test_the_prose_names_who_found_something_and_never_leaves_it_to_a_number():
    text = re.sub(r"`[^`]*`", "", (ROOT / "manuscript/index.qmd").read_text(encoding="utf-8"))
    outside = re.sub(r"\[[^\[\]]*@[^\[\]]*\]", "", text.split("---", 2)[2])
    assert [key for key in re.findall(r"(?<![\w@])@([A-Za-z][\w-]*)", outside) if key in entries()] == []


def test_the_manuscript_cites_every_entry_of_the_bibliography():
    text = "".join((ROOT / "manuscript" / name).read_text(encoding="utf-8") for name in ("index.qmd", "checklist.qmd"))
    assert [key for key in entries() if f"@{key}" not in text] == []
