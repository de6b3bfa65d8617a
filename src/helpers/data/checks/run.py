"""Running every rule over an export."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

import pandas as pd

from helpers.codebook import Codebook
from helpers.data.checks import Finding, Rule, Tables, clinical, delivered, duplicates, events, imaging, rules, visits
from helpers.data.checks.declared import declared_findings
from helpers.data.checks.plausible import plausible_findings

#: Modules whose rules are registered by importing them.
MODULES = (clinical, duplicates, events, imaging, visits)


def run_rules(parts: Iterable[Mapping[str, pd.DataFrame]], codebook: Codebook) -> list[Finding]:
    """Findings of every rule: those the codebook declares, then the registered ones.

    `parts` are the typed tables of the patients, some of them at a time, and are gone through twice.
    """
    seen: dict[str, list[pd.DataFrame]] = {}
    for tables in map(_usable, parts):
        for each in _runnable(tables):
            if each.across:
                seen.setdefault(each.name, []).append(each.across(tables, codebook))
    across = {name: (pd.concat(frames, ignore_index=True),) for name, frames in seen.items()}
    findings = []
    for tables in map(_usable, parts):
        findings += [*declared_findings(tables, codebook), *plausible_findings(tables, codebook)]
        for each in _runnable(tables):
            found = each.check(tables, codebook, *across.get(each.name, ()))
            findings += [replace(finding, rule=each.name) for finding in found]
    return findings


def _usable(tables: Mapping[str, pd.DataFrame]) -> Tables:
    """Without patients every other table would be full of unknown ones: one cause, said once."""
    if "patients" in tables and tables["patients"].empty:
        return Tables({"patients": tables["patients"]})
    return Tables(tables)


def _runnable(tables: Tables) -> list[Rule]:
    """The rules that have all the columns they read."""
    return [each for each in rules() if delivered(tables, *each.reads)]
