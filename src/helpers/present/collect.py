"""Gathering: all results in one long table, the variables of the prose, the overview, the fragments of pages."""

import base64
import inspect
import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import nbformat

from helpers import files, paths
from helpers.codebook import load_codebook
from helpers.data.formats.redcap_dictionary import dictionary
from helpers.data.provenance import FILE, Provenance, load_provenance
from helpers.present import (
    card,
    checklist,
    codebook_page,
    disclosure,
    exhibit,
    explorer,
    figures,
    fragments,
    index,
    metrics,
    tables,
    variables,
)
from helpers.present.codebook_variables import to_csv
from helpers.results import Record, read_results, to_json
from helpers.sap import load_sap

KERNELSPEC = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}


@dataclass(frozen=True)
class Shown:
    """An exhibit of the overview: its label, the function of `present` that makes it, caption, and what is drawn."""

    label: str
    call: str
    caption: str
    alt: str = ""

    def draw(self, records: Sequence[Record]) -> exhibit.Figure | exhibit.Table:
        return self._function(records)

    @property
    def code(self) -> str:
        """The source of the module that makes it."""
        return Path(inspect.getsourcefile(inspect.unwrap(self._function))).read_text(encoding="utf-8")

    @property
    def _function(self) -> Callable[[Sequence[Record]], exhibit.Figure | exhibit.Table]:
        module, name = self.call.split(".")
        return getattr({"figures": figures, "tables": tables}[module], name)


OVERVIEW = (
    Shown(
        "fig-forest",
        "figures.forest",
        "Main contrasts of success, structure, pain and quality of life, kyphoplasty minus vertebroplasty, "
        "with 95 % intervals; those of the type, size and symptoms of leaks, and of responders, are given in a table. "
        "Each axis has its own unit; where less is better it is reversed, so that the right side favours kyphoplasty.",
        "Panels of dots with intervals around zero, one for each outcome and unit of success, structure, "
        "pain and quality of life.",
    ),
    Shown(
        "tbl-overview",
        "tables.overview",
        "All main contrasts, kyphoplasty minus vertebroplasty, with 95 % intervals. "
        "Means are adjusted for the value before the procedure; "
        "differences of percentages are in percentage points. "
        "A difference of means rests on the patients with a value at the visit and before; "
        "their number n stands with it where it is not that of the arms together.",
    ),
    Shown(
        "fig-participants-flow",
        "figures.consort_flow",
        "Flow of the participants, by the arm allocated up to the analysis of success; tolerance is analysed by the "
        "technique received. The treated include those treated with the other technique, and those analysed for "
        "success the never treated, who have not had it.",
        "Two columns of boxes, one for each arm, from eligibility over randomisation and follow-up to analysis.",
    ),
    Shown(
        "tbl-participants-flow",
        "tables.participants_flow",
        "Flow of the participants by the arm allocated, and forms received of those expected; none is expected of a "
        "patient who died before the visit was due.",
    ),
    Shown(
        "tbl-participants-baseline",
        "tables.baseline",
        "Characteristics before the procedure by the arm allocated. The standardised difference is in standard "
        "deviations; for a characteristic of several classes it has no sign. There is no test, since chance alone "
        "made the arms differ.",
    ),
    Shown(
        "fig-participants-survival",
        "figures.survival",
        "Survival from randomisation (Kaplan-Meier), read once a week; the band is the 95 % interval (log-log) of all "
        "patients. A line of an arm is drawn where its deaths may be shown.",
        "Step lines of the percentage of patients alive over the days from randomisation.",
    ),
)


def collect() -> None:
    """Write `results/summary/`, `_variables.yml` and what DVC compares from the results of all endpoints.

    Each is written whole or not at all.
    """
    by_endpoint = {endpoint: _publishable(read_results(endpoint)) for endpoint in paths.REPORTED}
    provenance = load_provenance()
    text = variables.to_yaml(variables.variables(by_endpoint, provenance))
    headline = json.dumps(metrics.metrics(by_endpoint, provenance), indent=1, ensure_ascii=False) + "\n"
    with files.replacing(paths.results("summary")) as folder:
        _write_summary(folder, by_endpoint, provenance)
    files.write_text(paths.root() / "_variables.yml", text)
    files.write_text(paths.metrics(), headline)
    files.write_text(paths.posterior(), metrics.posterior(by_endpoint["leakage"], provenance))
    forest = paths.results("summary") / "exhibits" / "fig-forest.svg"
    files.write_text(paths.forest(), forest.read_text(encoding="utf-8"))


def _publishable(records: Sequence[Record]) -> list[Record]:
    to_json(records)  # refuses a result that is there twice
    return disclosure.publishable(records)


def _write_summary(folder: Path, by_endpoint: Mapping[str, Sequence[Record]], provenance: Provenance) -> None:
    records = [r for own in by_endpoint.values() for r in own]
    plan = load_sap()
    files.write_text(folder / "results.csv", exhibit.numbers_csv(records))
    shutil.copyfile(paths.processed() / FILE, folder / FILE)
    files.write_text(folder / "_sap.md", fragments.sap(plan))
    files.write_text(folder / "_outcomes.md", fragments.outcomes(plan, by_endpoint))
    files.write_text(folder / "_checklist.md", checklist.page(checklist.load_checklist()))
    book = load_codebook()
    files.write_text(folder / "_codebook.md", codebook_page.page(book))
    files.write_text(folder / "codebook.csv", to_csv(book))
    files.write_text(folder / "redcap-dictionary.csv", dictionary(book))
    files.write_text(folder / "_provenance.md", fragments.provenance(provenance, by_endpoint))
    (folder / "preview.png").write_bytes(card.preview(provenance.banner))
    with ProcessPoolExecutor(mp_context=get_context("fork")) as pool:  # to draw them takes as long as all the rest
        exhibits = list(zip(OVERVIEW, pool.map(partial(_drawn, records), OVERVIEW), strict=True))
    _write_exhibits(folder / "exhibits", exhibits)
    files.write_text(folder / "overview.ipynb", overview_notebook(exhibits))
    sheets = index.stored_sheets() | {("summary", shown.label): drawn.csv for shown, drawn in exhibits}
    _write_index(folder, by_endpoint, index.exhibit_rows(sheets), provenance)


def _drawn(records: Sequence[Record], shown: Shown) -> exhibit.Figure | exhibit.Table:
    return shown.draw(records)


def _write_index(folder: Path, by_endpoint: Mapping[str, Sequence[Record]], rows: index.Rows, data: Provenance) -> None:
    plan = load_sap()
    numbers = index.numbers(by_endpoint, rows, plan)
    code = {shown.label: f"results/summary/exhibits/{shown.label}.py" for shown in OVERVIEW}
    exhibits = index.exhibits(rows, code)
    files.write_text(folder / "numbers.json", index.to_json(numbers))
    files.write_text(folder / "exhibits.json", index.to_json(exhibits))
    files.write_text(folder / "results.js", explorer.script(by_endpoint, numbers, exhibits, data))
    files.write_text(folder / "_results.md", explorer.summary(by_endpoint, plan))


def _write_exhibits(folder: Path, exhibits: Sequence[tuple[Shown, exhibit.Figure | exhibit.Table]]) -> None:
    for shown, drawn in exhibits:
        files.write_text(folder / f"{shown.label}.csv", drawn.csv)
        files.write_text(folder / f"{shown.label}.py", shown.code)
        if isinstance(drawn, exhibit.Figure):
            files.write_text(folder / f"{shown.label}.svg", drawn.svg)
            files.write_text(folder / f"{shown.label}-narrow.svg", drawn.narrow)
            (folder / f"{shown.label}.png").write_bytes(drawn.png)
            files.write_text(folder / f"{shown.label}.txt", f"{shown.alt} {drawn.alt}\n")


def overview_notebook(exhibits: Sequence[tuple[Shown, exhibit.Figure | exhibit.Table]]) -> str:
    """The overview in the form of an executed notebook, so that pages embed it like any other exhibit."""
    cells = [_raw("title", '---\ntitle: "All outcomes together"\n---')]
    for shown, drawn in exhibits:
        kind, caption = shown.label.split("-")[0], _with(drawn.note, shown.caption)
        if isinstance(drawn, exhibit.Figure):
            options = {f"{kind}-cap": caption, f"{kind}-alt": f"{shown.alt} {drawn.alt}"}
            png = base64.b64encode(drawn.png).decode("ascii")
            data = {"image/svg+xml": drawn.svg, "image/png": png, "text/plain": drawn.alt}
        else:
            options = {f"{kind}-cap": caption}
            data = {"text/markdown": drawn.markdown, "text/plain": drawn.plain}
        cells.append(_cell(shown.label, options, f"{shown.call}(records)", data))
    notebook = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": KERNELSPEC})
    return nbformat.writes(notebook, version=4).rstrip("\n") + "\n"


def _with(note: str, caption: str) -> str:
    return f"{caption} {note}" if note else caption


def _raw(name: str, source: str) -> nbformat.NotebookNode:
    cell = nbformat.v4.new_raw_cell(source)
    cell.id = name
    return cell


def _cell(label: str, options: Mapping[str, str], call: str, data: Mapping[str, str]) -> nbformat.NotebookNode:
    quoted = (
        f'#| {name}: "{text.replace(chr(92), chr(92) * 2).replace(chr(34), chr(92) + chr(34))}"'
        for name, text in options.items()
    )
    cell = nbformat.v4.new_code_cell("\n".join([f"#| label: {label}", *quoted, call]))
    cell.id = label
    cell.outputs = [nbformat.v4.new_output("display_data", data=dict(data), metadata={})]
    return cell
