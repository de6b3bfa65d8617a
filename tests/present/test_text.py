"""Strings of an export stay text: in Markdown as Pandoc reads it, in figures, and in the cells of a spreadsheet."""

import csv
import dataclasses
import io
import json

import pypandoc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.present import tables, text, theme
from helpers.present.exhibit import pipe_table
from tests.present import fabricate

HOSTILE = (
    "<script>document.title='owned'</script>",
    '<img src=x onerror="document.title=1">',
    '=HYPERLINK("http://evil.example/","x")',
    "{{< include /etc/passwd >}}",
    "{{< var data.banner >}}",
    "$\\input{/etc/passwd}$",
    "\\input{/etc/passwd}",
    "[a link](javascript:alert(1))",
    "![](http://evil.example/x.png)",
    "@fig-forest [@corcos2014]",
    "a | b | c",
    "a\nb\r\n# heading",
    "`code` *strong* _emph_ ~~gone~~ H~2~O x^2^",
    "```{=html}\n<b>x</b>\n```",
    ":::{.callout-note}",
    "#import \"evil\"; #eval(\"1\")",
    "https://evil.example",
    "\u202egnp.exe",
    "1. one",
    "- one",
    "a -- b --- c ... 'd' \"e\"",
    "&lt;b&gt; &#60;",
)  # fmt: skip


def shown(markdown: str) -> str:
    """The words that Pandoc sees, and only if it sees nothing but words."""
    tree = json.loads(pypandoc.convert_text(markdown, "json", format="markdown+emoji"))
    (block,) = tree["blocks"]
    assert block["t"] in ("Para", "Plain")
    assert {node["t"] for node in block["c"]} <= {"Str", "Space"}, block
    return "".join(node.get("c", " ") for node in block["c"])


@pytest.mark.parametrize("string", HOSTILE)
def test_hostile_text_is_nothing_but_text_to_pandoc(string):
    read = shown(text.markdown(string)).replace("\u200a", "")  # the hair space tells it from an unresolved reference
    assert read == text.line(string)


@settings(max_examples=60)
@given(st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs", "Cc")), min_size=1, max_size=40))
def test_any_text_is_nothing_but_text_to_pandoc(string):
    line = text.line(string)
    if line:
        assert (
            shown("x" + text.markdown(string)) == "x" + line
            if line[0].isalnum()
            else shown("x " + text.markdown(string))
        )


@pytest.mark.parametrize("string", HOSTILE)
def test_no_shortcode_or_raw_html_is_left_for_a_tool_that_reads_before_pandoc(string):
    escaped = text.markdown(string)
    assert "{{<" not in escaped and "\n" not in escaped
    assert "<" not in escaped.replace("\\<", "")


@pytest.mark.parametrize("string", HOSTILE)
def test_hostile_text_stays_in_its_cell_of_a_table(string):
    tree = json.loads(
        pypandoc.convert_text(pipe_table(["a", "b"], [[text.markdown(string), "7"]]), "json", format="markdown")
    )
    (table,) = tree["blocks"]
    assert table["t"] == "Table"
    rows = table["c"][4][0][3]
    assert len(rows) == 1 and len(rows[0][1]) == 2


def test_ordinary_terms_pass_as_they_are():
    for term in ("Thromboembolic event", "Injection site reaction (left)", "Pain, back", "Grade 1-2", "Fièvre"):
        assert text.markdown(term) == term


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "\r", " =", "\uff1d"])
def test_no_cell_of_a_csv_is_a_formula(start):
    assert text.csv_cell(f"{start}1+1").startswith("'")


def test_numbers_of_a_csv_stay_numbers():
    assert text.csv_cell(-1.5) == -1.5 and text.csv_cell(None) is None and text.csv_cell("Fever") == "Fever"


def test_a_name_that_is_none_is_not_put_into_code():
    assert text.code("data/raw/export-2021") == "`data/raw/export-2021`"
    assert "`" not in text.code("a` {{< include x >}}").replace("\\`", "")


def test_a_figure_takes_a_dollar_sign_for_a_dollar_sign():
    with theme.style():
        fig = theme.canvas(2)
        fig.subplots().set_title("$\\frac{1}{2}$ & <b>")
        svg = theme.to_svg(fig)
    assert "$\\frac{1}{2}$ &amp; &lt;b&gt;" in svg


@pytest.mark.parametrize("string", HOSTILE)
def test_a_hostile_preferred_term_is_text_in_its_table_and_no_formula_in_its_csv(project, string):
    records = [dataclasses.replace(r, parameter=r.parameter.replace("FATIGUE", string)) for r in fabricate.tolerance()]
    table = tables.tolerance_terms(records)
    assert any(row[0] == text.markdown(string.capitalize()) for row in table.rows)
    hostile = dataclasses.replace(fabricate.listing(), rows=(("KP", string, *fabricate.listing().rows[0][2:]),))
    listed = tables.tolerance_listing(records, hostile)
    assert listed.rows[0][1] == text.markdown(string)
    cells = list(csv.reader(io.StringIO(listed.csv)))[1]
    cells += [row["parameter"] for row in csv.DictReader(io.StringIO(table.csv))]
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in cells)
