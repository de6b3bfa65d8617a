"""From the typed tables to the analysis datasets."""

from collections.abc import Iterator

import pandas as pd

from helpers import files, paths
from helpers.codebook import Codebook, load_codebook
from helpers.data import provenance
from helpers.data.adam import adae, adcomp, adimg, adleak, adproc, adqs, adsl, advs
from helpers.data.blinding import access
from helpers.data.derivation import FILE, Derivation, derivation
from helpers.data.load import read_parts, read_table
from helpers.data.tables import conform, writing
from helpers.errors import ConfigError
from helpers.params import Params

_BUILDERS = {
    module.__name__.rpartition(".")[2]: module.build for module in (adproc, adleak, adimg, advs, adqs, adae, adcomp)
}


def built(tables: dict[str, pd.DataFrame], codebook: Codebook) -> Iterator[tuple[str, pd.DataFrame]]:
    """The analysis datasets of the codebook from typed interim tables of any of the patients, one after the other."""
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

    Patients are taken in the parts in which they were validated. What was decided about single forms is printed as a
    summary and written beside the datasets, a row each.
    """
    codebook = load_codebook()
    source = paths.interim()
    for name in codebook.tables:
        path = source / f"{name}.parquet"
        if not path.exists():
            missing = paths.relative(path)
            raise ConfigError(f"{missing} is missing: the export was not validated yet. Run `kypho repro`.")
    seen = access(params, read_table(source / "patients.parquet"), provenance.load_provenance(source))
    masked, logs = 0, []
    variables = {name: codebook.variables(name) for name in codebook.datasets}
    with files.replacing(paths.processed()) as folder:
        with writing(folder, variables) as write:
            for part in read_parts(source, codebook.tables):
                tables, hidden = seen.granted(part, codebook)
                masked += hidden
                logs.append(derivation(tables, codebook).log)
                for name, frame in built(tables, codebook):
                    write(name, frame)
        decisions = Derivation(pd.concat(logs, ignore_index=True))
        decisions.log.to_csv(folder / FILE, index=False, lineterminator="\n", encoding="utf-8")
        provenance.write_provenance(seen.record, folder)
    print(seen.said(masked))
    print(decisions)
