"""From the typed tables to the analysis datasets."""

from collections.abc import Iterator

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


def built(tables: dict[str, pd.DataFrame], codebook: Codebook) -> Iterator[tuple[str, pd.DataFrame]]:
    """The analysis datasets of the codebook from typed interim tables, one after the other: they are large."""
    if odd := {"adsl", *_BUILDERS} ^ set(codebook.datasets):
        raise ConfigError(f"codebook.yaml, datasets: {', '.join(sorted(odd))} is not both declared and derived.")
    subjects = adsl.build(tables, codebook)
    for name in codebook.datasets:
        frame = subjects if name == "adsl" else _BUILDERS[name](tables, subjects, codebook)
        yield name, conform(frame, codebook.variables(name), codebook.datasets[name].key, name=name)


def derive_datasets(tables: dict[str, pd.DataFrame], codebook: Codebook) -> dict[str, pd.DataFrame]:
    """All of them together. Nothing is read or written."""
    return dict(built(tables, codebook))


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
    decisions = derivation(tables, codebook)
    with files.replacing(paths.processed()) as folder:
        for name, frame in built(tables, codebook):
            write_table(frame, codebook.variables(name), folder / f"{name}.parquet")
        decisions.log.to_csv(folder / FILE, index=False, lineterminator="\n", encoding="utf-8")
        provenance.write_provenance(record, folder)
    print(decisions)
