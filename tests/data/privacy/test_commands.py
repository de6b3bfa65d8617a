"""The data manager's way with a real-looking export, by the commands: key, shift, blinding, lock."""

import json
import re

import pytest
import yaml

from helpers.data.load import read_table
from tests.baking import kypho
from tests.data.real import unmark


@pytest.fixture
def manager(project, export):
    """Run a command in a project whose export looks real; give its return code and all it said."""
    unmark(export)
    (project / "data" / "database-lock.json").write_text("[]\n")

    def run(*arguments):
        done = kypho(project, *arguments, KYPHO_DATE_KEY_FILE="")
        said = done.stdout + done.stderr
        assert "Traceback" not in said
        return done.returncode, said

    return run


def setting(project, **sections):
    path = project / "params.yaml"
    params = yaml.safe_load(path.read_text(encoding="utf-8"))
    for section, values in sections.items():
        params[section] |= values
    path.write_text(yaml.safe_dump(params, sort_keys=False), encoding="utf-8")


def provenance(project):
    return json.loads((project / "data" / "processed" / "provenance.json").read_text())


def test_from_the_key_over_the_blinded_run_to_the_lock(manager, project):
    setting(project, data={"source": "hospital"}, privacy={"shift_dates": True})
    code, said = manager("stage", "validate")
    assert (code, "Run `kypho date-key`" in said) == (2, True)

    code, said = manager("date-key")
    key = (project / ".secrets" / "date-shift.key").read_text().strip()
    assert code == 0
    assert key not in said
    setting(project, privacy={"date_key": re.search(r'"([0-9a-f]{16})"', said)[1]})
    assert manager("stage", "validate")[0] == 0
    assert manager("date-key")[0] == 2

    code, said = manager("stage", "derive")
    assert code == 2
    assert "data/raw/hospital is not locked" in said
    assert not (project / "data" / "processed").exists()

    setting(project, blinding={"enabled": True})
    code, said = manager("stage", "derive")
    assert (code, "blinded: arms permuted in 4 strata" in said) == (0, True)
    assert provenance(project)["banner"] == "BLINDED, TREATMENT ARMS PERMUTED"
    blinded = read_table(project / "data" / "processed" / "adsl.parquet").set_index("SUBJID")

    setting(project, blinding={"enabled": False})
    assert manager("stage", "derive")[0] == 2
    assert provenance(project)["blinded"], "the refusal leaves what was there"

    code, said = manager("lock-database", "--by", "A. Manager")
    assert (code, "Locked: " in said, "hospital, 31 patients" in said) == (0, True, True)
    code, said = manager("lock-database", "--by", "A. Manager")
    assert (code, "is locked already" in said) == (2, True)
    code, said = manager("stage", "derive")
    assert (code, "open: locked on" in said) == (0, True)
    record = provenance(project)
    assert (record["blinded"], record["banner"], record["dates_shifted"]) == (False, "", True)
    opened = read_table(project / "data" / "processed" / "adsl.parquet").set_index("SUBJID")
    real = read_table(project / "data" / "interim" / "patients.parquet").set_index("subject_id")["allocated"]
    assert (opened["TRT01P"] == real).all()
    assert (blinded["TRT01P"] != real).any()


def test_an_export_with_errors_is_not_locked_and_every_problem_is_named(manager, project, export):
    setting(project, data={"source": "hospital"})
    export.set("vas", 2, vas="high")
    export.set("vas", 3, vas="99")
    code, said = manager("lock-database", "--by", "A. Manager")
    assert code == 2
    assert "vas.csv, row 2, column vas" in said
    assert "vas.csv, row 3, column vas" in said
    assert (project / "data" / "database-lock.json").read_text() == "[]\n"


@pytest.mark.parametrize("arguments", [("lock-database",), ("lock-database", "--by", " ")])
def test_a_lock_without_a_name_is_refused(manager, project, arguments):
    setting(project, data={"source": "hospital"})
    assert manager(*arguments)[0] == 2
    assert (project / "data" / "database-lock.json").read_text() == "[]\n"
