import pytest

from helpers.errors import PublishError
from helpers.publish.dialect import check_dialect
from helpers.publish.sources import load_project, text_pages
from tests.publish import mini

# Each case: file, text replaced, text put there, what the message must say; LINE is where the new text begins.
OUTSIDE = {
    "unknown shortcode": (
        "index.qmd",
        "Of {{<",
        "{{< video x.mp4 >}} Of {{<",
        "index.qmd:LINE: {{< video x.mp4 >}} is not in the dialect",
    ),
    "shortcode in math": (
        "manuscript/index.qmd",
        "x = \\frac{1}{2}",
        "x = {{< var data.patients >}}",
        "manuscript/index.qmd:LINE: a shortcode inside math",
    ),
    "code that would run": (
        "manuscript/reproducibility.qmd",
        "```bash",
        "```{python}",
        "manuscript/reproducibility.qmd:LINE: a code block {python}",
    ),
    "raw block": (
        "manuscript/reproducibility.qmd",
        "```bash",
        "```{=html}",
        "manuscript/reproducibility.qmd:LINE: a code block {=html}",
    ),
    "raw HTML": ("index.qmd", "Of {{<", "<b>Of</b> {{<", "index.qmd:LINE: raw HTML <b>"),
    "a block that is not closed": (
        "index.qmd",
        "::: {.callout-note",
        "::: {.lead}\n::: {.callout-note",
        "index.qmd:LINE: a block opens here and is not closed",
    ),
    "a block that was not opened": (
        "index.qmd",
        "## More to read",
        ":::\n\n## More to read",
        "index.qmd:LINE: ::: closes a block that no line before it opens",
    ),
    "unknown block": (
        "index.qmd",
        "{.callout-note",
        "{.content-visible",
        "index.qmd:LINE: a block of class .content-visible",
    ),
    "unknown front matter": ("index.qmd", "subtitle:", "listing:", "index.qmd:LINE: front matter listing"),
    "unknown format": (
        "manuscript/index.qmd",
        "  docx:\n",
        "  revealjs:\n",
        "manuscript/index.qmd:LINE: format revealjs",
    ),
    "unknown author key": (
        "manuscript/index.qmd",
        "    affiliations:",
        "    roles:",
        "manuscript/index.qmd:LINE: author.roles",
    ),
    "unknown setting": ("_quarto.yml", "  search: true", "  comments: true", "_quarto.yml:LINE: website.comments"),
    "resource at any depth": (
        "_quarto.yml",
        "    - /results/*/exhibits/*",
        "    - results/*/exhibits/*",
        "_quarto.yml:LINE: resource results/*/exhibits/* must begin with /",
    ),
    "execution": (
        "_quarto.yml",
        "  enabled: false",
        "  enabled: true",
        "_quarto.yml:LINE: execute.enabled must be false",
    ),
    "reference to nothing": (
        "index.qmd",
        "@fig-leakage-success and",
        "@fig-leakage-sucess and",
        "index.qmd:LINE: @fig-leakage-sucess refers to nothing",
    ),
    "foreign reference": (
        "index.qmd",
        "@fig-leakage-success and",
        "@eq-one and",
        "index.qmd:LINE: @eq-one: the dialect refers to",
    ),
    "unknown citation": (
        "manuscript/index.qmd",
        "as @corcos2014 [p. 3]",
        "as @corcos2041 [p. 3]",
        "manuscript/index.qmd:LINE: @corcos2041 is not in the page's bibliography",
    ),
    "citation style that is not there": (
        "manuscript/index.qmd",
        "number-sections: true",
        "csl: vancouver.csl",
        "manuscript/index.qmd:LINE: the citation style vancouver.csl does not exist",
    ),
    "example list": (
        "index.qmd",
        "@fig-leakage-success and @tbl-leakage-success belong together.",
        "@fig-leakage-success. So.",
        "index.qmd:LINE: a line that begins with @label.",
    ),
    "link to no page": (
        "index.qmd",
        "(manuscript/index.qmd)",
        "(manuscript/gone.qmd)",
        "index.qmd:LINE: link to manuscript/gone.qmd: it is not on the render list",
    ),
    "picture that is not there": (
        "manuscript/index.qmd",
        "(picture.png)",
        "(pictures.png)",
        "manuscript/index.qmd:LINE: pictures.png does not exist",
    ),
    "embed within a line": (
        "index.qmd",
        "{{< embed results",
        "See {{< embed results",
        "index.qmd:LINE: embed must stand alone",
    ),
    "fence left open": (
        "manuscript/reproducibility.qmd",
        "make repro\n```",
        "make repro",
        "a fenced code block is not closed",
    ),
    "no title": ("index.qmd", "title: KYPHO-01\nsubtitle", "subtitle", "index.qmd:2: the page has no title"),
}


@pytest.mark.parametrize("case", OUTSIDE)
def test_what_is_outside_the_dialect_is_refused_with_file_and_line(case, project, change):
    name, old, new, message = OUTSIDE[case]
    change(name, old, new)
    text = (project / name).read_text(encoding="utf-8")
    line = text[: text.index(new)].count("\n") + 1
    with pytest.raises(PublishError) as caught:
        check_dialect(load_project(project))
    assert message.replace("LINE", str(line)) in str(caught.value)


def test_the_small_project_is_within_the_dialect(project):
    check_dialect(load_project(project))


def test_all_problems_are_reported_not_only_the_first(project, change):
    change("index.qmd", "Of {{<", "<b>Of</b> {{<")
    change("manuscript/reproducibility.qmd", "```bash", "```{r}")
    with pytest.raises(PublishError) as caught:
        check_dialect(load_project(project))
    assert str(caught.value).count("\n") == 1


def test_a_problem_in_an_included_fragment_names_the_fragment(project, change):
    change("results/summary/_provenance.md", "| Rows | 31 |", "| Rows | 31 |\n\nSee @fig-nowhere for more.")
    with pytest.raises(PublishError, match=r"results/summary/_provenance\.md:5: @fig-nowhere refers to nothing"):
        check_dialect(load_project(project))


def test_a_problem_in_a_notebook_names_the_cell(project, change):
    change("results/leakage/notebook.ipynb", "The estimand in *one* sentence.", "<i>The</i> estimand.")
    with pytest.raises(PublishError, match=r"results/leakage/notebook\.ipynb cell 1, line 1: raw HTML <i>"):
        check_dialect(load_project(project))


def test_an_unknown_cell_option_is_refused(project, change):
    change("results/leakage/notebook.ipynb", "#| echo: false", "#| eval: false")
    with pytest.raises(PublishError, match="cell option eval is not in the dialect"):
        check_dialect(load_project(project))


def test_front_matter_that_is_not_yaml_is_refused_with_its_line(project, change):
    change("index.qmd", "subtitle: A small compendium", "subtitle: [A small")
    with pytest.raises(PublishError, match=r"index\.qmd:\d: not valid YAML"):
        load_project(project)


def test_what_looks_foreign_inside_code_is_left_alone(project, change):
    change("manuscript/reproducibility.qmd", "make repro\n", "make repro # <b> @fig-x {{{< video >}}}\n")
    change("index.qmd", "Of {{<", "Write `<b>` and `@fig-x`. Of {{<")
    check_dialect(load_project(project))


def test_the_projects_own_pages_are_within_the_dialect(tmp_path):
    """Our sources, held against the dialect without results: only what needs results may be missing."""
    root = mini.PROJECT
    for name in (*text_pages(root), "manuscript/assets/vancouver.csl"):
        target = tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text((root / name).read_text(encoding="utf-8"), encoding="utf-8")
    for path in [*(root / "manuscript").glob("*.bib"), *(root / "manuscript/assets").glob("*.css")]:
        (tmp_path / path.relative_to(root)).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    config = (root / "_quarto.yml").read_text(encoding="utf-8")
    for name in (
        line.split("- ")[1]
        for line in config.split("\n")
        if line.strip().startswith("- results/") and "notebook" in line
    ):
        target = tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text('{"cells": [{"cell_type": "raw", "source": "---\\ntitle: T\\n---"}]}', encoding="utf-8")
    (tmp_path / "_quarto.yml").write_text(config, encoding="utf-8")
    (tmp_path / "_variables.yml").write_text("{}", encoding="utf-8")
    summary = tmp_path / "results" / "summary"
    summary.mkdir(parents=True)
    for name in ("results.csv", "codebook.csv", "redcap-dictionary.csv"):
        (summary / name).write_text("a header\n", encoding="utf-8")
    check_dialect(load_project(tmp_path))
