"""The manuscript's other formats by the embedded engine: Word, PDF (through Typst) and JATS XML."""

from pathlib import Path
from typing import Any

from helpers.errors import PublishError
from helpers.publish.earlier import Earlier
from helpers.publish.pandoc import own_filter, run_pandoc, source_epoch
from helpers.publish.sources import Page, Project

#: The writer of each format; JATS is Quarto's default tag set, Archiving and Interchange.
WRITERS = {"docx": "docx", "typst": "typst", "jats": "jats_archiving+element_citations"}

#: The picture of an exhibit that each format shows best. Word may not show SVG; Typst sets its words as text.
PICTURES = {"docx": ".png", "typst": ".svg", "jats": ".png"}

#: PDF for universal access, part 1: every picture has a text, every element a tag.
STANDARDS = ["ua-1"]


def write_format(
    name: str,
    page: Page,
    text: str,
    *,
    project: Project,
    metadata: dict[str, Any],
    output: Path,
    site: Path,
    earlier: Earlier,
) -> None:
    """Write `page` as `name`, one of docx, typst and jats, in the look that its front matter names."""
    made = output.with_suffix(".typ") if name == "typst" else output
    given = {
        key: project.root / page.folder / value
        for key, value in page.format_options(name).items()
        if key in ("template", "reference-doc")
    }
    for key, path in given.items():
        if not path.is_file():
            place = page.front.place(("format", name, key))
            raise PublishError(f"{place}: format.{name}.{key}: {path.relative_to(project.root)} does not exist.")
    options: dict[str, Any] = {"metadata": {"link-citations": True}, "wrap": "none"}
    if "reference-doc" in given:
        options["reference-doc"] = str(given["reference-doc"])
    if name == "jats":
        options["html-math-method"] = {"method": "mathml"}
    run_pandoc(
        text,
        source=str(page.source),
        to=WRITERS[name],
        output=made,
        filters=[own_filter("crossref"), "citeproc", own_filter("blocks"), *project.filters],
        metadata=metadata,
        template=given.get("template"),
        options=options,
        earlier=earlier,
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
    try:
        compiler.compile(
            input=str(markup),
            output=str(output),
            format="pdf",
            timestamp=int(source_epoch()),
            pdf_standards=STANDARDS,
        )
    except typst.TypstError as error:
        raise PublishError(f"{source}: Typst could not make {output.name}: {error}") from error
