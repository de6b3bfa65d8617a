"""Write the synthetic export: the CRF tables of a trial that never took place, as an export would deliver them."""

import json

import pandas as pd

from helpers import files, paths
from helpers.codebook import Codebook, Table, load_codebook
from helpers.data.formats import write_export
from helpers.data.generator import cohort, events, outcomes, procedures
from helpers.data.provenance import BANNER, MANIFEST
from helpers.errors import ConfigError
from helpers.params import Params, SyntheticParams


def generate(p: SyntheticParams, *, codebook: Codebook | None = None) -> dict[str, pd.DataFrame]:
    """The tables of a synthetic trial, columns and order as the codebook declares them. Nothing is written."""
    codebook = codebook or load_codebook()
    _check_names(p, codebook)
    people = cohort.recruit(p)
    vertebrae = procedures.plan(p, people, codebook)
    received = events.receive(p, people, codebook)
    vas = outcomes.pain(p, people)
    leaks = procedures.leaks_table(p, people, vertebrae, received.imaging)
    tables = {
        "patients": cohort.patients_table(p, people),
        "eligibility": outcomes.eligibility_table(p, people, vertebrae, vas, codebook),
        "procedures": procedures.procedures_table(p, people, vertebrae),
        "leaks": leaks,
        "imaging": outcomes.imaging_table(p, people, vertebrae, received.imaging),
        "vas": outcomes.vas_table(people, vas, received.vas),
        "stature": outcomes.stature_table(p, people, received.stature),
        "dallas": outcomes.dallas_table(p, people, received.dallas, codebook),
        "adverse_events": events.adverse_events_table(p, people, leaks, codebook),
        "deaths": events.deaths_table(people),
        "withdrawals": events.withdrawals_table(people),
        "missed_visits": received.missed,
    }
    return {
        name: tables[name]
        .reindex(columns=[*tables[name], *_absent(tables[name], declared)])[list(declared.columns)]
        .reset_index(drop=True)
        for name, declared in codebook.tables.items()
    }


def _absent(table: pd.DataFrame, declared: Table) -> list[str]:
    """Columns that an export may leave out, and this one does: they are written empty."""
    return [c for c, column in declared.columns.items() if column.optional and c not in table]


def _check_names(p: SyntheticParams, codebook: Codebook) -> None:
    """Every name and score of the parameters is one of the codebook's."""
    used = {
        "site_share": (p.site_share, codebook.codelists["site"]),
        "adverse_events.term_share": (p.adverse_events.term_share, codebook.ctcae),
        **{
            f"primary_share.{s}": (shares, codebook.codelists["primary_tumour"])
            for s, shares in p.primary_share.items()
        },
        **{f"sins_share.{c}": (shares, codebook.codelists[f"sins_{c}"]) for c, shares in p.sins_share.items()},
    }
    for place, (names, known) in used.items():
        strangers = ", ".join(str(name) for name in names if name not in known)
        if strangers:
            raise ConfigError(f"params.yaml, synthetic.{place}: {strangers} is not in data/codebook.yaml.")


def synthesise(params: Params) -> None:
    """Generate the export and put it, with its manifest, in `data/raw/synthetic`, whole or not at all."""
    p = params.synthetic
    codebook = load_codebook()
    tables = generate(p, codebook=codebook)
    with files.replacing(paths.raw("synthetic")) as folder:
        write_export(tables, folder, codebook)
        manifest = {
            "banner": BANNER,
            "generator": "helpers.data.synthesise",
            "scenario": "no effect" if p.null_effect else "effects of params.yaml",
            "seed": p.seed,
            "patients": p.patients,
            "null_effect": p.null_effect,
            "tables": {
                name: {"rows": len(table), "sha256": files.sha256(folder / f"{name}.csv")}
                for name, table in tables.items()
            },
        }
        (folder / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8", newline="\n")
