"""Running every rule over an export."""

from dataclasses import replace

import pandas as pd

from helpers.codebook import Codebook
from helpers.data.checks import Finding, Tables, clinical, delivered, events, imaging, rules, visits
from helpers.data.checks.declared import declared_findings
from helpers.data.checks.duplicates import duplicate_findings
from helpers.data.checks.plausible import plausible_findings

#: Modules whose rules are registered by importing them.
MODULES = (clinical, events, imaging, visits)


def run_rules(tables: dict[str, pd.DataFrame], codebook: Codebook) -> list[Finding]:
    """Findings of every rule: those the codebook declares, duplicates, then the registered ones."""
    if "patients" in tables and tables["patients"].empty:
        # Every other table would be full of unknown patients: one cause, said once.
        tables = {"patients": tables["patients"]}
    tables = Tables(tables)
    findings = [
        *declared_findings(tables, codebook),
        *plausible_findings(tables, codebook),
        *duplicate_findings(tables, codebook),
    ]
    for each in rules():
        if delivered(tables, *each.reads):
            findings += [replace(finding, rule=each.name) for finding in each.check(tables, codebook)]
    return findings
