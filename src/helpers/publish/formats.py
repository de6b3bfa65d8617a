"""The manuscript's other formats by the embedded engine: Word, PDF (through Typst) and JATS XML."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from helpers.errors import PublishError
from helpers.publish.pandoc import ASSETS, own_filter, run_pandoc, source_epoch
from helpers.publish.sources import Page, Project

#: The writer of each format; JATS is Quarto's default tag set, Archiving and Interchange.
WRITERS = {"docx": "docx", "typst": "typst", "jats": "jats_archiving+element_citations"}


def write_format(
    name: str, page: Page, text: str, *, project: Project, metadata: dict[str, Any], output: Path, site: Path
) -> None:
    """Write `page` as `name`, one of docx, typst and jats."""
    made = output.with_suffix(".typ") if name == "typst" else output
    template = {"typst": ASSETS / "manuscript.typ", "jats": ASSETS / "manuscript.xml"}.get(name)
    options: dict[str, Any] = {"metadata": {"link-citations": True}}
    if name == "docx":
        options["reference-doc"] = str(ASSETS / "manuscript.docx")
    if name == "jats":
        options["html-math-method"] = {"method": "mathml"}
    run_pandoc(
        text,
        source=str(page.source),
        to=WRITERS[name],
        output=made,
        filters=[own_filter("crossref"), "citeproc", own_filter("blocks"), *project.filters],
        metadata=metadata,
        template=template,
        options=options,
    )
    if name == "typst":
        try:
            compile_pdf(made, output, root=site, source=str(page.source))
        finally:
            made.unlink()


def compile_pdf(markup: Path, output: Path, *, root: Path, source: str) -> None:
    """Compile Typst markup with the fonts that Typst brings, so that every machine sets the same lines."""
    import typst

    compiler = typst.Compiler(root=str(root), ignore_system_fonts=True)
    date = datetime.fromtimestamp(int(source_epoch()), tz=UTC)
    try:
        compiler.compile(
            input=str(markup), output=str(output), format="pdf", timestamp=int(date.timestamp()), pdf_standards=[]
        )
    except typst.TypstError as error:
        raise PublishError(f"{source}: Typst could not make {output.name}: {error}") from error
