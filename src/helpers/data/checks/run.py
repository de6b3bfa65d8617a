"""Running every rule over an export."""

from dataclasses import replace

from helpers.codebook import Codebook
from helpers.data.checks import Finding, Tables, clinical, delivered, rules, visits
from helpers.data.checks.declared import declared_findings

#: Modules whose rules are registered by importing them.
MODULES = (clinical, visits)


def run_rules(tables: Tables, codebook: Codebook) -> list[Finding]:
    """Findings of every rule: those the codebook declares, then the registered ones."""
    if "patients" in tables and tables["patients"].empty:
        # Every other table would be full of unknown patients: one cause, said once.
        tables = {"patients": tables["patients"]}
    findings = list(declared_findings(tables, codebook))
    for each in rules():
        if delivered(tables, *each.reads):
            findings += [replace(finding, rule=each.name) for finding in each.check(tables, codebook)]
    return findings
