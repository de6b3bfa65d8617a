"""Numbers of the prose on pages and in files: links in HTML, words alone everywhere else."""

import json

import pytest
from docx import Document
from pypdf import PdfReader

from helpers.errors import PublishError
from helpers.publish import publish
from tests.publish import mini, reading


def test_a_number_leads_to_its_record_and_carries_what_is_said_beside_it(site):
    (link,) = reading.page(site, "index.html").soup.find_all("a", class_="num")
    assert reading.words(link) == "9"
    assert link["href"] == f"./manuscript/results.html#{mini.KEY}"
    lines = link["data-note"].split("\n")
    assert lines[0] == mini.NUMBER["what"]
    assert {
        "Value: 9 (patients)",
        "Method: count",
        "Analysis set: Intention to treat (ITT)",
        "Plan: 5.1.2 Success rate",
        "Notebook cell: tbl-leakage-success",
        "Record: results/leakage/results.json, row 1",
    } <= set(lines)


def test_a_number_is_followed_from_the_abstract_too(site):
    abstract = reading.page(site, "manuscript/index.html").soup.find(class_="abstract")
    assert abstract.find("a", class_="num")["href"] == f"../manuscript/results.html#{mini.KEY}"


def test_other_formats_have_the_words_alone(site):
    word = "\n".join(paragraph.text for paragraph in Document(str(site / "manuscript/index.docx")).paragraphs)
    pdf = " ".join(page.extract_text() for page in PdfReader(site / "manuscript/index.pdf").pages)
    jats = (site / "manuscript/index.xml").read_text(encoding="utf-8")
    assert all("9 events" in " ".join(text.split()) for text in (word, pdf, jats))
    for text in (word, pdf, jats):
        assert mini.KEY not in text and "{r=" not in text


def test_in_headings_links_pictures_and_titles_a_number_is_its_words(project, change):
    var = "{{< var leakage.success.kp_events >}}"
    change("index.qmd", "## More to read", f"## More of {var} to read")
    change("index.qmd", "[manuscript](manuscript/index.qmd)", f"[{var} events](manuscript/index.qmd)")
    change("index.qmd", "subtitle: A small compendium", f'subtitle: "A compendium of {var}"')
    change("manuscript/index.qmd", "![A picture by hand.]", f"![A picture of {var}.]")
    publish("pandoc")
    home = reading.page(project / "_site", "index.html")
    assert [text for _, _, text in home.headings] == ["More of 9 to read"]
    assert reading.words(home.soup.find(class_="subtitle")) == "A compendium of 9"
    links = {reading.words(link) for link in home.soup.main.find_all("a")}
    assert "9 events" in links
    assert len(home.soup.find_all("a", class_="num")) == 1
    assert not [link for link in home.soup.find_all("a") if link.find("a")]


@pytest.mark.parametrize(
    ("value", "method", "said"),
    [
        (None, "count:hidden", "Value: not shown, to protect patients"),
        (None, "wilson:no-data", "Value: not estimable"),
        ([0.5, 2.25], "wilson", "Value: 0.5 to 2.25 (patients)"),
        (1e-05, "count", "Value: 1e-05 (patients)"),
    ],
)
def test_a_number_that_is_hidden_not_estimable_or_a_pair_says_so(project, value, method, said):
    entry = json.dumps(mini.NUMBER | {"value": value, "method": method, "rows": [1, 2]})
    (project / "results/summary/numbers.json").write_text(f'{{\n"{mini.KEY}": {entry}\n}}\n', encoding="utf-8")
    publish("pandoc")
    note = reading.page(project / "_site", "index.html").soup.find("a", class_="num")["data-note"]
    assert said in note.split("\n")
    assert "Record: results/leakage/results.json, row 1 and 2" in note.split("\n")


def test_a_number_that_leads_nowhere_is_an_error_that_names_it(project, change):
    change("_variables.yml", mini.KEY, "leakage.nothing")
    with pytest.raises(PublishError, match=r"\[9\]\{r=leakage\.nothing\} leads to no result"):
        publish("pandoc")


def test_without_the_index_of_numbers_nothing_is_published(project):
    (project / "results/summary/numbers.json").unlink()
    with pytest.raises(PublishError, match=r"results/summary/numbers\.json is missing"):
        publish("pandoc")


def test_without_the_index_of_exhibits_nothing_is_published(project):
    (project / "results/summary/exhibits.json").unlink()
    with pytest.raises(PublishError, match=r"results/summary/exhibits\.json is missing"):
        publish("pandoc")


def test_the_page_of_all_results_holds_a_way_on_without_scripts(site):
    block = reading.page(site, "manuscript/results.html").soup.find(class_="results-explorer")
    assert "Without a script" in reading.words(block.find("noscript"))


def test_a_link_to_a_record_that_is_not_there_is_a_dead_link(project, change):
    change("index.qmd", "More to read", "More to read\n\n[x](manuscript/results.html#leakage.nothing)")
    with pytest.raises(PublishError, match="the page has no such anchor"):
        publish("pandoc")
