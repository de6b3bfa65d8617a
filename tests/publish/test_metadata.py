"""What machines read in the heads of the pages, parsed; where it comes from, and what it may not say."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from helpers.publish import publish
from helpers.publish.sources import load_project
from tests.publish import mini, reading

ADDRESS = "https://mini.example/below"


def tags(site: Path, name: str) -> dict[str, list[str]]:
    """Every named tag of a page's head with its contents."""
    found: dict[str, list[str]] = {}
    for tag in reading.page(site, name).soup.head.find_all("meta"):
        key = tag.get("name") or tag.get("property")
        if key:
            found.setdefault(key, []).append(tag["content"])
    return found


def graph(site: Path, name: str) -> dict | None:
    """The structured data of a page."""
    script = reading.page(site, name).soup.find("script", type="application/ld+json")
    return json.loads(script.get_text()) if script else None


def test_a_page_says_what_it_is_where_it_is_and_what_its_data_are(site):
    found = tags(site, "results/leakage/notebook.html")
    address = f"{ADDRESS}/results/leakage/notebook.html"
    assert found["description"] == [f"Success to month 3. A compendium [{mini.BANNER}]"]
    assert found["og:description"] == found["twitter:description"] == found["description"]
    assert found["og:title"] == found["twitter:title"] == ["Cement leakage – KYPHO-01"]
    assert found["og:url"] == [address]
    assert found["og:image"] == found["twitter:image"] == [f"{ADDRESS}/results/summary/preview.png"]
    assert found["twitter:card"] == ["summary_large_image"]
    assert reading.page(site, "results/leakage/notebook.html").soup.find(rel="canonical")["href"] == address


def test_the_size_that_the_tags_name_is_that_of_the_picture(site):
    found = tags(site, "index.html")
    picture = (site / "results/summary/preview.png").read_bytes()
    size = [str(int.from_bytes(picture[start : start + 4], "big")) for start in (16, 20)]
    assert [*found["og:image:width"], *found["og:image:height"]] == size == ["1200", "630"]


def test_the_home_page_is_described_as_a_website_about_the_trial(site):
    found = graph(site, "index.html")
    assert (found["@type"], found["name"], found["url"]) == ("WebSite", "KYPHO-01", f"{ADDRESS}/index.html")
    assert found["about"]["@type"] == "MedicalTrial"
    assert found["about"]["identifier"] == "NCT02700308"


def test_the_manuscript_is_described_as_an_article_with_its_files(site):
    found = graph(site, "manuscript/index.html")
    assert found["@type"] == "ScholarlyArticle"
    assert found["headline"] == f"Balloon kyphoplasty against vertebroplasty [{mini.BANNER}]"
    assert found["author"] == [{"@type": "Organization", "name": "The KYPHO-01 investigators"}]
    assert found["license"] == "https://spdx.org/licenses/CC-BY-4.0.html"
    assert found["abstract"].startswith("Background. Cement leaks. Results. 9 events.")
    files = [item["contentUrl"].removeprefix(f"{ADDRESS}/") for item in found["encoding"]]
    assert files == ["manuscript/index.docx", "manuscript/index.xml", "manuscript/index.pdf"]
    assert all((site / name).is_file() for name in files)


def test_reference_managers_find_the_manuscript_and_the_status_of_its_data(site):
    found = tags(site, "manuscript/index.html")
    assert found["citation_title"] == [f"Balloon kyphoplasty against vertebroplasty [{mini.BANNER}]"]
    assert found["citation_author"] == ["The KYPHO-01 investigators"]
    assert found["citation_keywords"] == ["metastasis", "leakage"]
    assert found["citation_pdf_url"] == [f"{ADDRESS}/manuscript/index.pdf"]
    assert found["citation_fulltext_html_url"] == [f"{ADDRESS}/manuscript/index.html"]
    assert not any(key.startswith("citation_") for key in tags(site, "index.html"))


@pytest.mark.parametrize("synthetic", [True, False])
def test_what_a_page_offers_is_a_dataset_under_cc0_if_it_is_synthetic(project, change, synthetic):
    mini.bake(project, synthetic=synthetic)
    page = "---\ntitle: Codebook\n---\n\nWords.\n"
    (project / "manuscript/codebook.qmd").write_text(page, encoding="utf-8")
    change("_quarto.yml", "    - /results/summary/preview.png", "    - /results/summary/*")
    for name in ("codebook.csv", "redcap-dictionary.csv"):
        (project / "results/summary" / name).write_text("name\n", encoding="utf-8")
    publish("pandoc")
    found = graph(project / "_site", "manuscript/codebook.html")
    assert found["@type"] == "Dataset"
    assert [item["contentUrl"] for item in found["distribution"]] == [
        f"{ADDRESS}/results/summary/codebook.csv",
        f"{ADDRESS}/results/summary/redcap-dictionary.csv",
    ]
    if synthetic:
        assert found["license"] == "https://spdx.org/licenses/CC0-1.0.html"
        assert found["name"].endswith(f"[{mini.BANNER}]")
    else:
        assert "license" not in found, "a real export is under no licence of ours"
        assert "SYNTHETIC" not in json.dumps(found)


def test_the_status_of_the_data_travels_with_every_preview(site):
    for page in load_project(site.parent).pages:
        found = tags(site, str(page.output))
        assert all(mini.BANNER in found[key][0] for key in ("description", "og:description", "og:image:alt")), (
            page.source
        )


def test_no_text_breaks_out_of_the_head(project, change):
    change("index.qmd", "subtitle: A small compendium", "description: 'A \\\"b\\\" \\<i\\> & c'")
    title = "title: Balloon kyphoplasty against vertebroplasty"
    change("manuscript/index.qmd", title, "title: 'A \\\"b\\\" \\</script\\> c'")
    publish("pandoc")
    assert tags(project / "_site", "index.html")["description"] == [f'A "b" <i> & c [{mini.BANNER}]']
    assert graph(project / "_site", "manuscript/index.html")["headline"] == f'A "b" </script> c [{mini.BANNER}]'
    assert tags(project / "_site", "manuscript/index.html")["citation_title"] == [f'A "b" </script> c [{mini.BANNER}]']


def test_the_sitemap_lists_the_pages_and_robots_txt_names_it(site):
    listed = [entry.text for entry in ElementTree.parse(site / "sitemap.xml").iter() if entry.tag.endswith("}loc")]
    pages = [str(page.output) for page in load_project(site.parent).pages if str(page.source) != "404.qmd"]
    assert listed == [f"{ADDRESS}/{name}" for name in pages]
    assert (site / "robots.txt").read_text(encoding="utf-8").endswith(f"Sitemap: {ADDRESS}/sitemap.xml\n")


def test_the_page_for_missing_addresses_links_from_the_root_and_is_not_to_be_found(site):
    page = reading.page(site, "404.html")
    own = [
        str(tag.get("href") or tag.get("src"))
        for tag in page.soup.find_all(["a", "link", "script"])
        if tag.get("href") or tag.get("src")
    ]
    local = [target for target in own if not target.startswith(("https://", "#", "data:"))]
    assert len(local) > 8
    assert [target for target in local if not target.startswith("/below/")] == []
    assert tags(site, "404.html")["robots"] == ["noindex"]
    assert not page.soup.find(attrs={"data-pagefind-body": True})


def test_a_site_without_an_address_is_refused_with_the_line(project, change):
    from helpers.errors import PublishError

    change("_quarto.yml", "site-url: https://mini.example/below", "site-url: mini.example")
    with pytest.raises(
        PublishError, match=r"_quarto\.yml:\d+: website\.site-url is 'mini\.example'; it must be the full"
    ):
        publish("pandoc")
