"""`CITATION.cff`: what the Citation File Format 1.2.0 requires, and what the rest of the project says too."""

import re
import tomllib

import yaml

from tests.baking import ROOT

CITATION = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

#: https://github.com/citation-file-format/citation-file-format, guide to the schema of version 1.2.0
REQUIRED = {"authors", "cff-version", "message", "title"}
KNOWN = REQUIRED | {
    *("abstract", "commit", "contact", "date-released", "doi", "identifiers", "keywords", "license", "license-url"),
    *("preferred-citation", "references", "repository", "repository-artifact", "repository-code", "type", "url"),
    "version",
}


def test_the_file_has_what_the_format_requires_and_nothing_it_does_not_know():
    assert set(CITATION) >= REQUIRED
    assert set(CITATION) <= KNOWN
    assert CITATION["cff-version"] == "1.2.0"
    assert CITATION["type"] in ("software", "dataset")
    assert all(isinstance(CITATION[key], str) and CITATION[key].strip() for key in ("message", "title", "abstract"))
    assert all(isinstance(word, str) for word in CITATION["keywords"])
    assert len(set(CITATION["keywords"])) == len(CITATION["keywords"])


def test_authors_are_persons_or_entities_with_a_name():
    for entry in (CITATION, *CITATION["references"]):
        for author in entry["authors"]:
            assert author.get("name") or author.get("family-names")
            assert set(author) <= {"name", "family-names", "given-names", "orcid", "affiliation", "email", "website"}


def test_identifiers_and_references_are_of_the_kinds_the_format_knows():
    assert all(entry["type"] in ("doi", "url", "swh", "other") and entry["value"] for entry in CITATION["identifiers"])
    for entry in CITATION["references"]:
        assert {"type", "title", "authors"} <= set(entry)
        assert entry["type"] in ("article", "data")


def test_it_says_what_the_package_and_the_readme_say():
    assert CITATION["version"] == PYPROJECT["version"]
    assert CITATION["license"] == PYPROJECT["license"] == "MIT"
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    licences = dict(re.findall(r"^\| (Text and figures|Synthetic data) \| \[(.*?)\]", readme, re.MULTILINE))
    spelt = {"CC BY 4.0": "CC-BY-4.0", "CC0 1.0": "CC0-1.0"}
    by_type = {entry["type"]: entry["license"] for entry in CITATION["references"]}
    assert by_type == {"article": spelt[licences["Text and figures"]], "data": spelt[licences["Synthetic data"]]}


def test_it_names_the_registration_and_says_that_the_data_are_synthetic():
    assert [entry["value"] for entry in CITATION["identifiers"]] == ["NCT02700308"]
    assert "no number in it is a trial result" in CITATION["abstract"]
