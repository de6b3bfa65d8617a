"""From results and text to the published site and manuscript, by one of two engines."""

import subprocess
from pathlib import Path

from helpers import files, paths
from helpers.errors import PublishError
from helpers.publish import build as pandoc_engine
from helpers.publish import quarto as quarto_engine
from helpers.publish.check import banner_of, check_site, read_site
from helpers.publish.dialect import check_dialect
from helpers.publish.jats import finish_jats
from helpers.publish.manifest import Manifest, take_inventory
from helpers.publish.search import exhibit_entries, indexing
from helpers.publish.sitemap import write_sitemap
from helpers.publish.sources import Project, load_project
from helpers.publish.typed_numbers import check_sources, check_typed_numbers
from helpers.publish.word import finish_docx

ENGINES = ("auto", "quarto", "pandoc")

__all__ = ["ENGINES", "Manifest", "check_prose", "choose_engine", "publish"]


def choose_engine(engine: str) -> str:
    """The engine that runs when `engine` is asked for: `auto` is Quarto where it is on the PATH, else Pandoc."""
    if engine not in ENGINES:
        raise PublishError(f"publish.engine is {engine!r}; it must be one of {', '.join(ENGINES)}.")
    if engine == "auto":
        return "quarto" if quarto_engine.find_quarto() else "pandoc"
    return engine


def publish(engine: str = "auto") -> Manifest:
    """Build the site, check it, and put it in the place of the previous one.

    The previous site stays as it was if a source is outside the dialect, an engine fails or a check finds something.

    Raises
    ------
    PublishError
        With every problem found at the step that failed.
    """
    root = paths.root()
    chosen = choose_engine(engine)
    banner = banner_of(root)
    project = load_project(root, environment={"KYPHO_ENGINE": chosen, "KYPHO_COMMIT": commit(root)})
    check_dialect(project)
    check_typed_numbers(project)
    with files.replacing(paths.site()) as site:
        (quarto_engine if chosen == "quarto" else pandoc_engine).build(project, site)
        finish(project, site, banner=banner)
        write_sitemap(project, site)
        built = read_site(project, site)
        entries = exhibit_entries(project, built)
        with (quarto_engine.indexing if chosen == "quarto" else indexing)(site, entries):
            check_site(project, site, built)
        manifest = take_inventory(project, built)
        manifest.write(site)
    return manifest


def check_prose() -> int:
    """Hold the sources against the rule that no number is typed; the number of passages read.

    Raises
    ------
    PublishError
        With every number that is neither written by the pipeline nor declared, one a line.
    """
    return check_sources(paths.root())


def finish(project: Project, site: Path, *, banner: str) -> None:
    """What the manuscript's files need after either engine."""
    for path in (site / name for page in project.pages for name in page.outputs()[1:]):
        if path.suffix == ".docx" and path.is_file():
            finish_docx(path, banner=banner, site=str(project.website.get("title") or ""))
        elif path.suffix == ".xml" and path.is_file():
            finish_jats(path)


def commit(root: Path) -> str:
    """The commit that is checked out, as twelve digits, `-modified` behind it if a tracked file differs from it.

    Empty where git cannot say.
    """
    try:
        command = ["git", "describe", "--always", "--exclude=*", "--abbrev=12", "--dirty=-modified"]
        done = subprocess.run(command, capture_output=True, text=True, cwd=root)
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
