"""The embedded engine: Pandoc, Typst and Pagefind from their wheels, offline."""

import json
import os
import re
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from helpers.errors import PublishError

if TYPE_CHECKING:
    from helpers.publish.earlier import Earlier

ASSETS = Path(__file__).parent / "assets"

#: A citation, or something that looks like one.
_CITATION = re.compile(r"@[\w{]")

#: Pandoc's Markdown as Quarto reads it, less what the dialect leaves out.
READER = "markdown-example_lists"


@cache
def pandoc_path() -> str:
    """The Pandoc that came with pypandoc_binary, whatever other one the machine has.

    Not `pypandoc.get_pandoc_path`, which looks on the PATH too and gives several threads several answers.
    """
    import pypandoc

    return str(Path(pypandoc.__file__).parent / "files" / f"pandoc{'.exe' if os.name == 'nt' else ''}")


def own_filter(name: str) -> Path:
    """One of the engine's Lua filters."""
    return ASSETS / "lua" / f"{name}.lua"


def source_epoch() -> str:
    """The one date that goes into files, so that two builds give the same bytes."""
    return os.environ.get("SOURCE_DATE_EPOCH", "315532800")  # 1 January 1980, the first day a zip archive can name


def run_pandoc(
    text: str,
    *,
    source: str,
    to: str,
    output: Path,
    filters: Sequence[Path | str],
    metadata: Mapping[str, Any],
    variables: Mapping[str, Any] | None = None,
    template: Path | None = None,
    options: Mapping[str, Any] | None = None,
    earlier: "Earlier | None" = None,
) -> None:
    """Turn Markdown into `output`, with `output`'s folder as the place from which its pictures are found.

    Parameters
    ----------
    text : str
        Markdown without front matter.
    source : str
        Name of the source, for error messages.
    filters : sequence
        Lua filters, and the word "citeproc" where citations are to be resolved.
    metadata, variables : mapping
        Front matter for the document, and values for the template alone.
    earlier : Earlier, optional
        What earlier builds made, to be taken if it was made of the same.
    """
    if not metadata.get("bibliography") and not _CITATION.search(text):  # citeproc reads its style, whatever it is for
        filters = [item for item in filters if item != "citeproc"]
    header = json.dumps(dict(metadata), ensure_ascii=False)
    defaults: dict[str, Any] = {
        "from": READER,
        "to": to,
        "standalone": True,
        "filters": [
            {"type": "citeproc"} if item == "citeproc" else {"type": "lua", "path": str(item)} for item in filters
        ],
        "variables": dict(variables or {}),
        "resource-path": ["."],
        **(options or {}),
    }
    if template is not None:
        defaults["template"] = str(template)
    output.parent.mkdir(parents=True, exist_ok=True)
    if earlier and earlier.take(key := earlier.key(source, text, output, header, json.dumps(defaults)), output):
        return
    with tempfile.TemporaryDirectory(prefix="kypho-pandoc-") as folder:
        path = Path(folder) / "defaults.json"
        path.write_text(json.dumps(defaults), encoding="utf-8")
        done = subprocess.run(
            [pandoc_path(), "--defaults", str(path), "--output", str(output.resolve())],
            input=f"---\n{header}\n---\n\n{text}\n",
            capture_output=True,
            text=True,
            encoding="utf-8",
            cwd=output.parent,
            env={**os.environ, "SOURCE_DATE_EPOCH": source_epoch()},
        )
    complaints = done.stderr.strip()
    if done.returncode or complaints:
        raise PublishError(
            f"{source}: pandoc could not make {output.name}: {_plain(complaints) or f'exit code {done.returncode}'}"
        )
    if earlier:
        earlier.keep(key, output)


def _plain(complaints: str) -> str:
    """Pandoc's words without the stack trace of its Lua filters."""
    return complaints.partition("stack traceback:")[0].strip()
