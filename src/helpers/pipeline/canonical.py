"""The canonical form of a notebook: a function of what its author wrote and its code computed, and of nothing else.

JupyterLab rewrites cell ids and metadata on save, papermill adds times and random ids, reprs carry memory addresses.
None of that may reach a file the pipeline hashes.
"""

import hashlib
import re

import nbformat
import yaml
from nbformat import NotebookNode

from helpers.errors import NotebookError

KERNELSPEC = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}

_OPTION = re.compile(r"^#\|\s?(.*)$")
_ADDRESS = re.compile(r"( at )0x[0-9a-fA-F]+")


def dumps(notebook: NotebookNode) -> str:
    """The notebook as text: sorted keys, indent 1, a line break at the end."""
    return nbformat.writes(notebook, version=4).rstrip("\n") + "\n"


def options(cell: NotebookNode) -> dict:
    """The Quarto options at the head of a code cell (`#| label: fig-x`), empty where there are none.

    Raises
    ------
    NotebookError
        If the option lines are not a YAML mapping.
    """
    lines = []
    for line in cell.source.splitlines():
        match = _OPTION.match(line)
        if not match:
            break
        lines.append(match.group(1))
    try:
        parsed = yaml.safe_load("\n".join(lines)) or {}
    except yaml.YAMLError as error:
        raise NotebookError(f"cell options {lines} are not YAML: {error}") from error
    if not isinstance(parsed, dict):
        raise NotebookError(f"cell options {lines} are not `key: value` lines.")
    return parsed


def set_option(cell: NotebookNode, key: str, value: str) -> None:
    """Set one Quarto option of a code cell, in place of the line that has it or after the last option line."""
    lines = cell.source.splitlines()
    head = next((i for i, line in enumerate(lines) if not _OPTION.match(line)), len(lines))
    quoted = yaml.safe_dump(value, default_style='"', allow_unicode=True, width=10**6).strip()
    text = f"#| {key}: {quoted}"
    kept = [line for line in lines[:head] if not re.match(rf"^#\|\s*{re.escape(key)}\s*:", line)]
    cell.source = "\n".join([*kept, text, *lines[head:]])


def tags(cell: NotebookNode) -> list[str]:
    return list(cell.metadata.get("tags", []))


def _identify(cells: list[NotebookNode]) -> None:
    """Give every cell an id that follows from its content: its label, its tag, or a digest of its source."""
    seen: dict[str, int] = {}
    for cell in cells:
        label = options(cell).get("label") if cell.cell_type == "code" else None
        tag = next(iter(tags(cell)), None)
        name = label or tag or f"{cell.cell_type}-{hashlib.sha256(cell.source.encode()).hexdigest()[:8]}"
        seen[name] = seen.get(name, 0) + 1
        cell.id = name if seen[name] == 1 else f"{name}-{seen[name]}"


def source_form(notebook: NotebookNode) -> NotebookNode:
    """A source notebook without outputs, counts and editors' metadata, its ids following from its content."""
    fresh = nbformat.v4.new_notebook(metadata={"kernelspec": dict(KERNELSPEC)})
    for cell in notebook.cells:
        if not cell.source.strip():
            continue
        new = getattr(nbformat.v4, f"new_{cell.cell_type}_cell")(cell.source.strip("\n"))
        new.metadata = nbformat.from_dict({"tags": tags(cell)} if tags(cell) else {})
        fresh.cells.append(new)
    _identify(fresh.cells)
    return fresh


def _canonical_output(output: NotebookNode) -> NotebookNode:
    output.pop("execution_count", None)
    if output.output_type == "execute_result":
        output.execution_count = None
    for mime, content in output.get("data", {}).items():
        if mime == "text/plain":
            output.data[mime] = _ADDRESS.sub(r"\1…", content)
    if output.output_type == "stream":
        output.text = _ADDRESS.sub(r"\1…", output.text)
    return output


def executed_form(notebook: NotebookNode) -> NotebookNode:
    """An executed notebook without times, random ids, addresses and standard error."""
    fresh = nbformat.v4.new_notebook(metadata={"kernelspec": dict(KERNELSPEC)})
    for cell in notebook.cells:
        new = nbformat.from_dict(dict(cell))
        new.metadata = nbformat.from_dict({"tags": tags(cell)} if tags(cell) else {})
        if "injected-parameters" in tags(cell):  # papermill's cell, which the author cannot name
            set_option(new, "code-summary", "Parameters of this run")
        if cell.cell_type == "code":
            new.execution_count = None
            new.outputs = [
                _canonical_output(output)
                for output in cell.outputs
                if not (output.output_type == "stream" and output.name == "stderr")
            ]
        fresh.cells.append(new)
    _identify(fresh.cells)
    return fresh
