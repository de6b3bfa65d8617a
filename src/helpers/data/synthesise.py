"""Write the synthetic export: the CRF tables of a trial that never took place, as an export would deliver them."""

import json
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from helpers import files, paths
from helpers.codebook import Codebook, load_codebook
from helpers.data.formats import FORMATS, write_export
from helpers.data.generator import quota, realised
from helpers.data.generator.design import Design, check_names
from helpers.data.generator.trial import draw
from helpers.data.generator.truth.record import truth
from helpers.data.provenance import BANNER, MANIFEST, TRUTH
from helpers.errors import ConfigError
from helpers.params import Params, SyntheticParams

GENERATOR = "helpers.data.synthesise"
LEAST, MOST = 4, 1_000_000
#: The formats besides csv are written as a whole and hold every cell as text: 10,000 patients take up to 1.6 GB.
MOST_AS_A_WHOLE = 20_000
#: Up to this size a trial is drawn as a whole; a larger one in parts of at most PART patients, one in memory at a time.
WHOLE, PART = 100_000, 50_000


@dataclass(frozen=True)
class Summary:
    """What was written: where, drawn how, and the rows of each table."""

    folder: Path
    format: str
    scenario: str
    seed: int
    patients: int
    parts: int
    rows: Mapping[str, int]

    def __str__(self) -> str:
        return (
            f"{paths.relative(self.folder)}: {self.patients} synthetic patients, scenario {self.scenario}, "
            f"seed {self.seed}, {self.format}, {sum(self.rows.values())} rows"
        )


def generate(p: SyntheticParams, *, codebook: Codebook | None = None) -> dict[str, pd.DataFrame]:
    """The tables of a synthetic trial in its scenario, columns and order as the codebook declares them.

    The trial is drawn as a whole, whatever its size; nothing is written.

    Raises
    ------
    ConfigError
        If the parameters name or would write what the codebook does not have.
    """
    codebook, p = codebook or load_codebook(), p.in_scenario()
    check_names(p, codebook)
    return draw(Design(p, codebook, p.patients)).tables


def synthesise(params: Params) -> Summary:
    """Generate the export of `params.yaml` and put it in `data/raw/synthetic`, whole or not at all.

    Raises
    ------
    ConfigError
        If files lie there without the generator's manifest: they may be a real export, laid in the wrong folder.
    """
    folder = paths.raw("synthetic")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / MANIFEST).exists():
        raise ConfigError(
            f"{paths.relative(folder)}: holds files that the generator did not write, and the pipeline would replace "
            "them. Put an export into a folder of its own below data/raw, and name it in params.yaml, data.source."
        )
    return _write(params.synthetic.in_scenario(), folder, "csv")


def default_folder(scenario: str, patients: int, format: str) -> Path:
    """Where `synthesise_to` puts an export if it is not told."""
    return paths.raw(f"synthetic-{scenario}-{patients}" + ("" if format == "csv" else f"-{format}"))


def synthesise_to(
    params: Params,
    folder: Path | None = None,
    *,
    patients: int | None = None,
    scenario: str | None = None,
    seed: int | None = None,
    format: str = "csv",
) -> Summary:
    """Generate an export of any size, scenario, seed and format into a folder, whole or not at all.

    Parameters
    ----------
    folder : Path, optional
        By default `data/raw/synthetic-<scenario>-<patients>[-<format>]`. A folder that is there is replaced only if it
        is an export of the generator, unchanged.
    patients, scenario, seed : optional
        Instead of those of `params.yaml`.
    format : str
        `csv` for up to 1,000,000 patients; the others, which are written as a whole, for up to 20,000.

    Raises
    ------
    ConfigError
        If the size, scenario or format is not possible, or the folder holds anything else.
    """
    scenario = scenario or params.synthetic.scenario
    drawn = params.synthetic.in_scenario(scenario)
    patients = drawn.patients if patients is None else patients
    seed = drawn.seed if seed is None else seed
    if format not in FORMATS:
        raise ConfigError(f"there is no format {format}. The formats are {', '.join(FORMATS)}.")
    most = MOST if format == "csv" else MOST_AS_A_WHOLE
    if not LEAST <= patients <= most:
        remedy = "" if patients < LEAST or format == "csv" else " Larger exports are written as csv."
        raise ConfigError(f"patients: {patients} is outside {LEAST}..{most}, what {format} is written for.{remedy}")
    if seed < 0:
        raise ConfigError(f"seed: {seed} is below 0.")
    folder = Path(folder) if folder is not None else default_folder(scenario, patients, format)
    _refuse_what_is_not_synthetic(folder)
    return _write(params.synthetic.in_scenario(scenario, patients=patients, seed=seed), folder, format)


def parts(p: SyntheticParams, codebook: Codebook) -> Iterator[Design]:
    """The trial as one design, or as several of nearly the same even size, each with its arms in balance."""
    if p.patients <= WHOLE:
        yield Design(p, codebook, p.patients)
        return
    number, numbered = -(-p.patients // PART), Counter()
    pairs = quota(p.patients // 2, [1 / number] * number)
    for k in range(number):
        size = 2 * int(pairs[k]) + (p.patients % 2 if k == number - 1 else 0)
        yield Design(p, codebook, size, part=k, numbered=dict(numbered))
        numbered.update(dict(zip(p.site_share, quota(size, p.site_share.values()).tolist(), strict=True)))


def _write(p: SyntheticParams, target: Path, format: str) -> Summary:
    codebook, counts, rows = load_codebook(), Counter(), Counter()
    check_names(p, codebook)
    with files.replacing(target) as folder:
        for design in parts(p, codebook):
            trial = draw(design)
            counts.update(realised.count(trial))
            rows.update({name: len(table) for name, table in trial.tables.items()})
            if design.part:
                _append(_shown(trial.tables), folder, codebook)
            else:
                write_export(_shown(trial.tables) if format == "csv" else trial.tables, folder, codebook, format)
        head = {
            "banner": BANNER,
            "generator": GENERATOR,
            "scenario": p.scenario,
            "seed": p.seed,
            "patients": p.patients,
            "null_effect": p.null_effect,
        }
        _write_json(folder / TRUTH, head | truth(design, counts))
        delivered = sorted(path for path in folder.rglob("*") if path.is_file())
        manifest = head | {
            "format": format,
            "rows": dict(rows),
            "files": {path.relative_to(folder).as_posix(): files.sha256(path) for path in delivered},
        }
        _write_json(folder / MANIFEST, manifest)
    return Summary(target, format, p.scenario, p.seed, p.patients, (design.part or 0) + 1, dict(rows))


def _shown(tables: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """The tables with decimals as the text of the CSV: each different value is formatted once, not each cell."""
    shown = {}
    for name, table in tables.items():
        texts = {}
        for column in table.columns[table.dtypes == "float64"]:
            numbers = table[column].to_numpy()
            places, bits = pd.factorize(numbers.view("int64"))  # by bits, since -0.0 and 0.0 are written differently
            places = np.where(np.isnan(numbers), -1, places)
            texts[column] = pd.Categorical.from_codes(places, [f"{value:.1f}" for value in bits.view("float64")])
        shown[name] = table.assign(**texts)
    return shown


def _append(tables: dict[str, pd.DataFrame], folder: Path, codebook: Codebook) -> None:
    """Add a part to CSV files: what the writer makes of it, without the header lines."""
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        write_export(tables, Path(scratch), codebook, "csv")
        for path in sorted(Path(scratch).iterdir()):
            with path.open("rb") as part, (folder / path.name).open("ab") as whole:
                part.readline()
                shutil.copyfileobj(part, whole, 1 << 20)


def _write_json(path: Path, content: dict) -> None:
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8", newline="\n")


def _refuse_what_is_not_synthetic(folder: Path) -> None:
    """A folder may be replaced if nothing is in it but what the generator wrote, byte for byte."""
    said = str(folder) if folder.is_symlink() else paths.relative(folder)
    remedy = "Name another folder, or take this one away."
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise ConfigError(f"{said}: is not a folder. {remedy}")
    found = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if not path.is_dir()}
    if not found:
        return
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        declared = dict(manifest["files"]) if manifest["generator"] == GENERATOR else {}
    except (OSError, ValueError, KeyError, TypeError):
        raise ConfigError(f"{said}: is there and is no synthetic export. {remedy}") from None
    for name, path in sorted(found.items()):
        if name != MANIFEST and (path.is_symlink() or name not in declared):
            raise ConfigError(f"{said}: holds {name}, which the generator did not write. {remedy}")
        if name != MANIFEST and files.sha256(path) != declared[name]:
            raise ConfigError(f"{said}: {name} was changed after the generator wrote it. {remedy}")
