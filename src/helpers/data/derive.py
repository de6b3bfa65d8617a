"""From the typed tables to the analysis datasets."""

import pandas as pd

from helpers import files, paths
from helpers.codebook import Codebook, load_codebook
from helpers.data import provenance
from helpers.data.adam import adae, adcomp, adimg, adleak, adproc, adqs, adsl, advs
from helpers.data.blinding import blind
from helpers.data.derivation import FILE, derivation
from helpers.data.load import read_table
from helpers.data.tables import conform, write_table
from helpers.errors import ConfigError
from helpers.params import Params

_BUILDERS = {
    module.__name__.rpartition(".")[2]: module.build for module in (adproc, adleak, adimg, advs, adqs, adae, adcomp)
}


def derive_datasets(tables: dict[str, pd.DataFrame], codebook: Codebook) -> dict[str, pd.DataFrame]:
    """The analysis datasets of the codebook from typed interim tables. Nothing is read or written."""
    subjects = adsl.build(tables, codebook)
    raw = {"adsl": subjects} | {name: build(tables, subjects, codebook) for name, build in _BUILDERS.items()}
    if set(raw) != set(codebook.datasets):
        odd = ", ".join(sorted(set(raw) ^ set(codebook.datasets)))
        raise ConfigError(f"codebook.yaml, datasets: {odd} is not both declared and derived.")
    return {
        name: conform(frame, codebook.variables(name), codebook.datasets[name].key, name=name)
        for name, frame in raw.items()
    }


def derive(params: Params) -> None:
    """Read `data/interim`, write `data/processed` with the provenance, whole or not at all; blinded as params say.

    What was decided about single forms is printed as a summary and written beside the datasets, a row each.
    """
    codebook = load_codebook()
    source = paths.interim()
    tables = {}
    for name in codebook.tables:
        path = source / f"{name}.parquet"
        if not path.exists():
            missing = paths.relative(path)
            raise ConfigError(f"{missing} is missing: the export was not validated yet. Run `kypho repro`.")
        tables[name] = read_table(path)
    tables, record, access = blind(params, tables, codebook, provenance.load_provenance(source))
    print(access)
    datasets, decisions = derive_datasets(tables, codebook), derivation(tables, codebook)
    with files.replacing(paths.processed()) as folder:
        for name, frame in datasets.items():
            write_table(frame, codebook.variables(name), folder / f"{name}.parquet")
        decisions.log.to_csv(folder / FILE, index=False, lineterminator="\n", encoding="utf-8")
        provenance.write_provenance(record, folder)
    print(decisions)
