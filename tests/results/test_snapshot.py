"""What is read of a side: its records, and what is recorded of the data; a damaged file is refused with a remedy."""

import json

import pytest

from helpers.data.provenance import load_provenance
from helpers.errors import ConfigError, InvalidInput
from helpers.results import to_json
from helpers.results.snapshot import Source, snapshot
from tests.results.sides import number
from tests.results.test_results import project

COMMIT = "ab" * 20
RESULTS = {"results/pain/results.json": to_json([number()]).encode()}
VARIABLES = b"""
data:
  banner: "SYNTHETIC DATA, NOT TRIAL RESULTS"
  checksum: "90f3347dfb2d"
  status: "export my\\\\_data, 31 patients"
"""
LOCK = b"""
stages:
  validate:
    deps:
    - {path: data/codebook.yaml, md5: 11}
    - {path: data/raw/lyon, md5: 22.dir}
"""


def test_a_revision_says_which_data_ran_in_the_variables_and_in_the_record_of_dvc():
    side = snapshot("main", COMMIT, RESULTS | {"_variables.yml": VARIABLES, "dvc.lock": LOCK})
    banner = "SYNTHETIC DATA, NOT TRIAL RESULTS"
    assert side.source == Source(banner, "export my_data, 31 patients", "90f3347dfb2d", "data/raw/lyon", "22.dir")
    assert (side.source.synthetic, side.source.blinded) == (True, False)
    assert [r.value for r in side.records.values()] == [-0.4]


def test_a_revision_without_a_record_of_the_data_leaves_it_open():
    assert snapshot("main", COMMIT, RESULTS).source == Source()
    assert snapshot("main", COMMIT, RESULTS).source.synthetic is None


def test_of_the_working_tree_the_record_that_lies_beside_the_data_counts(tmp_path, monkeypatch):
    project(tmp_path, monkeypatch, synthetic=False, banner="", source="lyon")
    source = snapshot("working tree", "", RESULTS | {"_variables.yml": VARIABLES}).source
    assert (source.banner, source.synthetic, source.status) == ("", False, load_provenance().status)
    assert snapshot("main", COMMIT, RESULTS | {"_variables.yml": VARIABLES}).source.synthetic


ROW = json.loads(RESULTS["results/pain/results.json"])[0]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'[{"endpoint": "pain",', "this is no JSON"),
        (b"<<<<<<< HEAD\n[]\n", "this is no JSON"),
        (b"\xff\xfe", "this is no JSON"),
        (b"{}", "this is no list of records"),
        (b"[3]", "record 1"),
        (json.dumps([ROW | {"statistic": "average"}]).encode(), "record 1: statistic 'average'"),
        (json.dumps([{"endpoint": "pain"}]).encode(), "record 1"),
        (json.dumps([ROW, ROW | {"population": "PP"}]).encode(), "estimate is there twice"),
    ],
)
def test_a_damaged_file_is_refused_with_its_place_and_a_remedy(content, said):
    for commit, place, remedy in (
        (COMMIT, "abababa", "git log --oneline -- results"),
        ("", "working tree", "kypho repro"),
    ):
        with pytest.raises(InvalidInput) as refused:
            snapshot("working tree", commit, {"results/pain/results.json": content})
        message = str(refused.value)
        assert message.startswith(f"results/pain/results.json ({place})") and said in message and remedy in message


def test_a_side_without_results_is_refused_with_a_remedy():
    with pytest.raises(InvalidInput, match=r"there is no results/\*/results.json.*git log"):
        snapshot("main", COMMIT, {"_variables.yml": VARIABLES})


def test_a_damaged_record_of_dvc_is_refused_with_its_place():
    with pytest.raises(ConfigError, match=r"dvc.lock \(abababa\)"):
        snapshot("main", COMMIT, RESULTS | {"dvc.lock": b"stages: [\n"})
