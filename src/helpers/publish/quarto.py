"""The Quarto CLI as engine: it renders the same sources and executes nothing."""

import html
import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from helpers.errors import PublishError
from helpers.publish.search import Entry
from helpers.publish.sources import Project

#: The oldest Quarto whose behaviour the sources keep to.
OLDEST = (1, 6)

REMEDY = (
    "Install it (conda: quarto; or from quarto.org), or set publish.engine to pandoc in params.yaml; "
    "that engine comes with the environment and needs nothing else."
)

#: What Quarto leaves in the site beside the pages: copies of notebooks and their previews, which nothing links to.
LEFTOVERS = ("*.out.ipynb", "*-preview.html")


def find_quarto() -> Path | None:
    """The quarto command on the PATH, if there is one."""
    found = shutil.which("quarto")
    return Path(found) if found else None


def quarto_version(command: Path) -> str:
    """The version of a quarto command.

    Raises
    ------
    PublishError
        If it cannot say, or is older than the sources allow.
    """
    done = subprocess.run([str(command), "--version"], capture_output=True, text=True)
    version = done.stdout.strip().split("\n")[0].strip()
    parts = version.split(".")
    if done.returncode or len(parts) < 2 or not all(part.isdigit() for part in parts[:2]):
        raise PublishError(
            f"{command} does not work ({(done.stderr or version).strip() or 'it says nothing'}). {REMEDY}"
        )
    if tuple(map(int, parts[:2])) < OLDEST:
        raise PublishError(
            f"{command} is Quarto {version}; the site needs {'.'.join(map(str, OLDEST))} or newer. {REMEDY}"
        )
    return version


def build(project: Project, site: Path) -> None:
    """Render `project` with Quarto into the empty folder `site`.

    Raises
    ------
    PublishError
        If Quarto is absent, too old, or fails.
    """
    command = find_quarto()
    if command is None:
        raise PublishError(f"publish.engine is quarto, but there is no quarto on the PATH. {REMEDY}")
    quarto_version(command)
    work = project.root / ".quarto-site.partial"
    shutil.rmtree(work, ignore_errors=True)
    try:
        done = subprocess.run(
            [str(command), "render", str(project.root), "--output-dir", work.name, "--no-clean"],
            capture_output=True,
            text=True,
            cwd=project.root,
            env={
                **os.environ,
                **{name: value for name, value in project.environment.items() if value},
                "NO_COLOR": "1",
            },
        )
        if done.returncode:
            tail = "\n".join((done.stderr or done.stdout).strip().split("\n")[-25:])
            raise PublishError(f"quarto render failed (exit code {done.returncode}):\n{tail}")
        shutil.copytree(work, site, dirs_exist_ok=True)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    for pattern in LEFTOVERS:
        for path in site.rglob(pattern):
            path.unlink()


@contextmanager
def indexing(site: Path, entries: Sequence[Entry]) -> Iterator[None]:
    """Add the exhibits to the index that Quarto's search reads, each as a section of its page, before a `with`.

    Raises
    ------
    PublishError
        If Quarto wrote no index.
    """
    path = site / "search.json"
    if not path.is_file():
        raise PublishError(
            "quarto wrote no search.json, the index of its search. Set website.search: true in _quarto.yml."
        )
    index = json.loads(path.read_text(encoding="utf-8"))
    index += [
        {
            "objectID": entry.address,
            "href": entry.address,
            "title": entry.page,
            "section": f"{entry.name}: {entry.caption}",
            "text": html.escape(entry.text, quote=False),
        }
        for entry in entries
    ]
    path.write_text(json.dumps(index, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    yield
