"""What the prose says about the data depends on their record of provenance and on nothing else."""

import re

import pytest
import yaml

from helpers.data.provenance import load_provenance
from helpers.present import variables
from helpers.present.passages import passages
from tests.present import fabricate
from tests.present.conftest import ROOT

PAGES = ("index", "supplement", "checklist", "sap", "codebook", "reproducibility")
PROSE = ("index.qmd", *(f"manuscript/{name}.qmd" for name in PAGES))
#: Words that are false of an export, or that give away what the generator did.
OF_THE_TWIN = re.compile(r"synthetic|generated|made up|fixed seed|not (?:its|a) results?|not public", re.IGNORECASE)


def data_variables() -> dict[str, str]:
    by_endpoint = {name: make() for name, make in fabricate.ALL.items()}
    return yaml.safe_load(variables.to_yaml(variables.variables(by_endpoint, load_provenance())))["data"]


def test_the_generators_data_are_called_generated(project):
    data = data_variables()
    assert "no number on this site is a result of the trial" in data["note"]
    assert "they are not its results" in data["note_short"]
    assert data["conclusion"] == "No conclusion about patients can be drawn from generated data."
    assert all(OF_THE_TWIN.search(data[name]) for name in ("subtitle", "results_short", "results_note", "origin"))


def test_an_export_is_not_called_generated_and_is_named(real_export):
    data = data_variables()
    passages_of_the_twin = {name: text for name, text in data.items() if OF_THE_TWIN.search(text)}
    assert passages_of_the_twin == {}
    assert all("export-2021" in data[name] for name in ("status", "note_short", "results_note", "origin", "ethics"))
    assert data["results_short"] == "The numbers are those of the export."


def test_both_cases_have_the_same_passages_each_one_paragraph_and_none_empty(project):
    record = load_provenance()
    twin = passages(record)
    export = passages(type(record)(**{**vars(record), "synthetic": False, "source": "export-2021", "banner": ""}))
    assert set(twin) == set(export)
    assert all(text.strip() and "\n" not in text for text in (*twin.values(), *export.values()))


@pytest.mark.parametrize("name", PROSE)
def test_no_page_says_by_itself_what_the_data_are(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    allowed = r"Where the synthetic data need one|Synthetic data: CC0|generate the synthetic export|not public"
    assert not OF_THE_TWIN.search(re.sub(allowed, "", text))


def test_every_passage_is_used_and_every_one_used_is_there(project):
    used = {found for name in PROSE for found in re.findall(r"var data\.(\w+)", (ROOT / name).read_text("utf-8"))}
    assert set(passages(load_provenance())) <= used
    assert used <= set(data_variables())
