from pathlib import PurePosixPath

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_output

from helpers.errors import PublishError
from helpers.publish.notebooks import embedded, page_markdown, read_cell, write_pictures
from helpers.publish.sources import load_page
from tests.publish import mini

NOTEBOOK = PurePosixPath("results/leakage/notebook.ipynb")


def embed(project, target, ending=".svg"):
    return embedded(
        project, target=target, folder=PurePosixPath("manuscript"), place="manuscript/index.qmd:9", ending=ending
    )


def with_cell(project, source, *outputs):
    notebook = mini.leakage_notebook()
    notebook.cells.append(new_code_cell(source, outputs=list(outputs), id="added"))
    (project / NOTEBOOK).write_text(nbformat.writes(notebook), encoding="utf-8")
    return load_page(project, NOTEBOOK)


def test_the_first_raw_cell_is_the_front_matter(project):
    page = load_page(project, NOTEBOOK)
    assert page.title == "Cement leakage"
    assert "title:" not in page_markdown(page)


def test_a_first_heading_serves_as_the_title(project):
    notebook = mini.leakage_notebook()
    notebook.cells = notebook.cells[1:]
    notebook.cells[0]["source"] = "# From the heading\n\nText."
    (project / NOTEBOOK).write_text(nbformat.writes(notebook), encoding="utf-8")
    page = load_page(project, NOTEBOOK)
    assert page.title == "From the heading"
    assert page_markdown(page).startswith("Text.")


def test_options_are_taken_off_the_code():
    cell = read_cell({"source": "#| label: fig-a\n#| fig-cap: 'A: b'\ndraw()\n"}, place="x")
    assert (cell.label, cell.options["fig-cap"], cell.code) == ("fig-a", "A: b", "draw()")


def test_code_is_folded_unless_it_is_told_not_to_be(project):
    page = load_page(project, NOTEBOOK)
    assert (
        page_markdown(page, fold=True).count("code-fold") == 5
    )  # of seven code cells one has echo off and one include off
    assert "code-fold" not in page_markdown(page, fold=False)


def test_a_hidden_cell_leaves_no_trace_and_a_silent_one_only_its_output(project):
    text = page_markdown(load_page(project, NOTEBOOK))
    assert "hidden" not in text
    assert "print('shown')" not in text
    assert "shown" in text


def test_pictures_are_written_beside_the_page(project, tmp_path):
    site = tmp_path / "out"
    write_pictures(load_page(project, NOTEBOOK), site)
    folder = site / "results/leakage/notebook_files"
    assert (folder / "fig-leakage-success.svg").read_text(encoding="utf-8") == mini.SVG
    assert (folder / "fig-leakage-success.png").read_bytes() == mini.png(320, 160)


def test_an_embedded_figure_carries_caption_and_alternative_text(project):
    text = embed(project, "../results/leakage/notebook.ipynb#fig-leakage-success")
    assert "::: {#fig-leakage-success}" in text
    assert f'![](../results/leakage/notebook_files/fig-leakage-success.svg){{fig-alt="{mini.ALT}"}}' in text
    assert "Success by *arm*, with 95 % interval." in text
    assert ".png" in embed(project, "../results/leakage/notebook.ipynb#fig-leakage-success", ending=".png")


@pytest.mark.parametrize(
    ("target", "says"),
    [
        (
            "../results/leakage/notebook.ipynb#fig-nope",
            "has no cell labelled fig-nope; it has fig-leakage-success, tbl-leakage-success",
        ),
        ("../results/nope/notebook.ipynb#fig-a", "there is no such notebook"),
        ("../results/leakage/notebook.ipynb", "the dialect embeds one labelled cell"),
    ],
)
def test_an_embed_of_nothing_is_an_error_with_file_and_line(project, target, says):
    with pytest.raises(PublishError) as caught:
        embed(project, target)
    assert str(caught.value).startswith("manuscript/index.qmd:9: ")
    assert says in str(caught.value)


FIGURE = new_output("display_data", data={"image/png": "AAAA"})
BAD_CELLS = {
    "no caption": ("#| label: fig-x\n#| fig-alt: A\nf()", FIGURE, "fig-x has no fig-cap"),
    "no alternative text": ("#| label: fig-x\n#| fig-cap: A\nf()", FIGURE, "fig-x has no fig-alt"),
    "a figure without a picture": (
        "#| label: fig-x\n#| fig-cap: A\n#| fig-alt: A\nf()",
        new_output("display_data", data={"text/plain": "<F>"}),
        "fig-x shows no picture",
    ),
    "a table without a table": (
        "#| label: tbl-x\n#| tbl-cap: A\nf()",
        new_output("display_data", data={"text/plain": "<T>"}),
        "tbl-x shows no table in Markdown",
    ),
    "HTML": ("f()", new_output("display_data", data={"text/html": "<b>", "text/plain": "b"}), "an output is HTML"),
    "a failure": (
        "f()",
        new_output("error", ename="ValueError", evalue="no", traceback=[]),
        r"the cell failed \(ValueError: no\)",
    ),
}


@pytest.mark.parametrize("case", BAD_CELLS)
def test_a_cell_that_cannot_be_shown_in_every_format_is_refused(case, project):
    source, output, says = BAD_CELLS[case]
    page = with_cell(project, source, output)
    with pytest.raises(PublishError, match=f"notebook.ipynb cell 10: {says}"):
        page_markdown(page)
