"""The report of a check: all in the CSV, examples in the text, a page that asks nobody and runs nothing foreign."""

import csv
import io
import re

import pytest
from bs4 import BeautifulSoup

from helpers.data import report
from helpers.data.provenance import BANNER
from helpers.data.report.terminal import EXAMPLES
from helpers.data.validate import Check, check
from helpers.errors import Problem


def problem(
    table="vas", row=2, *, rule="range", severity="error", message="87 is outside 0..10.", remedy="Mend it.", **more
):
    place = {"file": f"data/raw/real/{table}.csv", "column": "vas"} | more
    return Problem(table=table, row=row, rule=rule, message=message, remedy=remedy, severity=severity, **place)


def made(*problems, synthetic=False):
    return Check(
        source="data/raw/real",
        format="csv",
        synthetic=synthetic,
        patients=31,
        rows={"patients": 31, "vas": 113},
        labels={"patients": "Patients and randomisation", "vas": "Pain, visual analogue scale", "deaths": "Deaths"},
        problems=problems,
    )


def rows(found):
    return list(csv.DictReader(io.StringIO(report.to_csv(found).removeprefix("\ufeff"), newline="")))


WARNING = problem("patients", 5, rule="stratum", severity="warning", message="stratum 4-6.", column="stratum_levels")


@pytest.mark.parametrize(
    ("problems", "code", "verdict"),
    [
        ((), 0, "No problem found. The export can be imported."),
        ((WARNING,), 1, "1 warning. The export can be imported."),
        ((WARNING, problem(), problem(row=3)), 2, "2 errors and 1 warning. Nothing is imported"),
    ],
)
def test_the_exit_code_and_the_last_line_say_what_the_check_came_to(problems, code, verdict):
    found = made(*problems)
    assert found.exit_code == code
    assert report.text(found, width=200).splitlines()[-1].startswith(verdict)
    assert verdict.split(".")[0] in BeautifulSoup(report.to_html(found), "html.parser").select_one(".verdict").text


def test_the_text_groups_by_table_and_rule_with_errors_first():
    found = made(problem(row=9), WARNING, problem(row=4, rule="code", message="X is no code."), problem(row=3))
    lines = [line.strip() for line in report.text(found, width=200).splitlines()]
    assert lines == [
        "data/raw/real (csv): 31 patients, 2 of 3 tables, 144 rows",
        "",
        "patients, Patients and randomisation: 1 warning",
        "in data/raw/real/patients.csv",
        "warning stratum (1): Stratum does not fit the vertebrae to treat",
        "row 5, column stratum_levels: stratum 4-6.",
        "Remedy: Mend it.",
        "",
        "vas, Pain, visual analogue scale: 3 errors",
        "in data/raw/real/vas.csv",
        "error code (1): A value is not in its code list",
        "row 4, column vas: X is no code.",
        "Remedy: Mend it.",
        "error range (2): A value is outside its range",
        "row 9, column vas: 87 is outside 0..10.",
        "row 3, column vas: 87 is outside 0..10.",
        "Remedy: Mend it.",
        "",
        "3 errors and 1 warning. Nothing is imported while there is an error. "
        "Mend the export where it was made and check it again.",
    ]


def test_the_text_shows_examples_and_counts_the_rest_and_the_csv_has_all():
    found = made(*(problem(row=k) for k in range(2, 45)))
    shown = report.text(found)
    assert shown.count("is outside 0..10") == EXAMPLES
    assert f"and {43 - EXAMPLES} more" in shown
    assert [row["row"] for row in rows(found)] == [str(k) for k in range(2, 45)]


def test_remedies_that_differ_stand_with_their_problem():
    shown = report.text(made(problem(remedy="One."), problem(row=3, remedy="Two.")), width=200)
    assert "row 2, column vas: 87 is outside 0..10. One." in shown
    assert "Remedy:" not in shown


def test_colour_is_in_the_text_only_where_it_is_asked_for():
    assert "\x1b[" not in report.text(made(problem()))
    assert "\x1b[" in report.text(made(problem()), colour=True)


def test_brackets_in_a_message_are_text_and_no_markup_of_the_terminal():
    assert "[bold]x[/bold] [link=http://example.org]" in report.text(
        made(problem(message="[bold]x[/bold] [link=http://example.org].")), width=200
    )


@pytest.mark.parametrize("start", ["=HYPERLINK(1)", "+1", "-1", "@SUM(1)", "\tx", "\rx"])
def test_no_cell_of_the_csv_is_a_formula(start):
    found = made(problem(message=start, remedy=start, column=start, file=start))
    (cells,) = rows(found)
    assert all(cells[name] == f"'{start}" for name in ("message", "remedy", "column", "file"))
    assert cells["row"] == "2"  # a number stays one


HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(1)>\"'`{{< include /etc/passwd >}}&amp;"


def test_the_page_shows_hostile_text_as_text():
    found = made(problem(table=HOSTILE, message=HOSTILE, remedy=HOSTILE, column=HOSTILE, file=f"a/{HOSTILE}"))
    page = BeautifulSoup(report.to_html(found), "html.parser")
    assert len(page.find_all("script")) == 1
    assert page.find_all("img") == []
    assert page.select_one("td.said").text == HOSTILE
    assert page.select_one("td.column").text == HOSTILE
    assert page.select_one("section.table")["data-table"] == HOSTILE
    assert [name for tag in page.find_all() for name in tag.attrs if name.startswith("on")] == []


def test_the_page_asks_nobody_for_anything():
    html = report.to_html(made(problem(), synthetic=True))
    assert re.findall(r"https?:|url\(|@import|src=|href=", html) == []
    assert "default-src &#x27;none&#x27;" in html or "default-src 'none'" in html


def test_the_page_has_every_problem_or_says_how_many_are_in_the_csv():
    page = BeautifulSoup(report.to_html(made(*(problem(row=k) for k in range(2, 802)))), "html.parser")
    assert len(page.select("tbody tr")) == 500
    assert page.select_one(".more").text == "300 more are in the CSV of this check."


def test_tables_without_a_problem_are_named():
    page = BeautifulSoup(report.to_html(made(problem())), "html.parser")
    assert page.select_one(".clean p").text == "patients 31 rows"


def test_synthetic_data_are_called_so_in_text_and_page():
    found = made(synthetic=True)
    assert BANNER in report.text(found)
    assert BANNER in report.to_html(found)
    assert BANNER not in report.to_html(made())


def test_the_report_of_a_real_check_is_the_same_every_time(export, params):
    export.set("vas", 3, vas="87")
    first, second = (check("data/raw/synthetic", params) for _ in range(2))
    for form in (report.text, report.to_csv, report.to_html):
        assert form(first) == form(second)


@pytest.fixture
def page(browser, tmp_path):
    """Opens a report in Chromium and gives the page, with what its console said and what it asked for."""
    contexts = []

    def load(found, **options):
        (tmp_path / "report.html").write_text(report.to_html(found), encoding="utf-8")
        contexts.append(browser.new_context(**options))
        tab = contexts[-1].new_page()
        tab.heard = []
        tab.on("console", lambda message: tab.heard.append(message.text))
        tab.on("dialog", lambda dialog: (tab.heard.append("dialog"), dialog.dismiss()))
        tab.on("request", lambda request: tab.heard.append(request.url))
        tab.goto((tmp_path / "report.html").as_uri())
        return tab

    yield load
    for context in contexts:
        context.close()


MIXED = (
    WARNING,
    problem(message=HOSTILE),
    *(problem(row=k, rule="code", message=f"{k} is no code.") for k in range(3, 40)),
)


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 390, 1200])
def test_the_page_fits_the_screen_and_nothing_of_the_export_runs(page, width, scheme):
    tab = page(made(*MIXED), viewport={"width": width, "height": 800}, color_scheme=scheme)
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    assert [heard for heard in tab.heard if not heard.startswith("file:")] == []
    dark = tab.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(18, 22, 26)"
    assert dark == (scheme == "dark")


@pytest.mark.browser
def test_problems_are_filtered_by_severity_table_and_words(page):
    tab = page(made(*MIXED), viewport={"width": 1200, "height": 800})

    def visible():
        # folded rules keep their rows in the document: those not hidden by a filter are counted
        return tab.locator(".rule:not([hidden]) tbody tr:not([hidden])").count()

    assert visible() == 39
    tab.get_by_text("Warnings 1").click()
    assert visible() == 1
    tab.get_by_text("All 39").click()
    tab.get_by_role("combobox", name="Table").select_option("vas")
    assert visible() == 38
    tab.get_by_role("searchbox").fill("17 is no code")
    assert visible() == 1
    assert tab.get_by_text("1 shown").is_visible()
    assert tab.get_by_role("cell", name="17 is no code.").is_visible()  # its rule was folded, and opens
    tab.get_by_role("searchbox").fill("no such thing")
    assert tab.get_by_text("No problem fits these filters.").is_visible()


@pytest.mark.browser
def test_without_javascript_every_problem_is_there_and_no_filter_pretends_to_work(page):
    tab = page(made(*MIXED), java_script_enabled=False)
    assert tab.locator("tbody tr").count() == 39
    assert not tab.locator(".filters").is_visible()
