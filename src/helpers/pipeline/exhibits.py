"""Taking exhibits out of an executed notebook: each becomes files named by its cell's label."""

import base64
from pathlib import Path

from nbformat import NotebookNode

from helpers import files
from helpers.errors import NotebookError
from helpers.pipeline import canonical

#: Key under which an output's metadata says that it is an exhibit, and its alt text.
METADATA = "kypho"

_TEXT = {"image/svg+xml": "svg", "text/csv": "csv"}


def extract(notebook: NotebookNode, folder: Path) -> list[str]:
    """Write each exhibit as `<label>.svg`, `.png`, `.csv` and `.txt` (alt text); tidy the notebook for publishing.

    In the notebook the computed alt text takes its place behind the author's in `#| fig-alt`, a footnote of the exhibit
    behind the caption, and the CSV leaves the outputs.

    Returns
    -------
    list of str
        The labels, in the order of the notebook.

    Raises
    ------
    NotebookError
        If an exhibit has no label, a label is used twice, or one cell shows two exhibits.
    """
    labels: list[str] = []
    for number, cell in enumerate(notebook.cells, 1):
        if cell.cell_type != "code":
            continue
        shown = [output for output in cell.outputs if METADATA in output.get("metadata", {})]
        if not shown:
            continue
        settings = canonical.options(cell)
        label = settings.get("label")
        if not label:
            raise NotebookError(
                f"cell {number} shows an exhibit without a label. "
                "Add a line `#| label: fig-...` or `#| label: tbl-...`."
            )
        if label in labels or len(shown) > 1:
            raise NotebookError(
                f"cell {number}, label {label}: a label names one exhibit. Give every exhibit its own cell and label."
            )
        labels.append(label)
        output = shown[0]
        about = output.metadata.pop(METADATA)
        for mime, suffix in _TEXT.items():
            if mime in output.data:
                files.write_text(folder / f"{label}.{suffix}", output.data[mime])
        if about.get("narrow"):
            files.write_text(folder / f"{label}-narrow.svg", about["narrow"])
        if "image/png" in output.data:
            (folder / f"{label}.png").write_bytes(base64.b64decode(output.data["image/png"]))
        if about.get("alt"):
            alt = " ".join(part.strip() for part in (settings.get("fig-alt", ""), about["alt"]) if part)
            canonical.set_option(cell, "fig-alt", alt)
            files.write_text(folder / f"{label}.txt", alt + "\n")
        for option in ("fig-cap", "tbl-cap"):
            if about.get("note") and option in settings:
                canonical.set_option(cell, option, f"{settings[option].strip()} {about['note']}")
        output.data.pop("text/csv", None)
    return labels
