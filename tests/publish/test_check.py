"""Each defect is planted in a copy of a sound site, and must be found."""

import shutil
import zipfile
from pathlib import Path

import pytest

from helpers.errors import PublishError
from helpers.publish.check import check_site, read_site
from helpers.publish.sources import load_project
from tests.publish import mini

HOME, MANUSCRIPT, NOTEBOOK = "index.html", "manuscript/index.html", "results/leakage/notebook.html"

# Each case: file, text replaced, text put there, what the message must say.
DEFECTS = {
    "banner gone": (HOME, 'class="kypho-banner"', 'class="other"', "index.html: the banner"),
    "banner reworded": (HOME, "<p>SYNTHETIC DATA, NOT", "<p>DATA, NOT", "index.html: the banner"),
    "picture without text": (
        MANUSCRIPT,
        'alt="A grey square."',
        'alt=""',
        "manuscript/index.html: the picture picture.png has no alternative text",
    ),
    "picture missing": (
        MANUSCRIPT,
        'src="picture.png"',
        'src="picture2.png"',
        "manuscript/index.html: the picture picture2.png is missing",
    ),
    "dead link": (
        HOME,
        'href="manuscript/index.html"',
        'href="manuscript/gone.html"',
        "index.html: dead link manuscript/gone.html",
    ),
    "dead anchor": (
        MANUSCRIPT,
        'href="#sec-introduction"',
        'href="#sec-gone"',
        "manuscript/index.html: dead link #sec-gone: the page has no such anchor",
    ),
    "dead anchor elsewhere": (
        MANUSCRIPT,
        "notebook.html#code-fig-leakage-success",
        "notebook.html#fig-gone",
        "dead link ../results/leakage/notebook.html#fig-gone",
    ),
    "unresolved reference": (
        HOME,
        "belong together",
        "?@fig-gone belong together",
        "index.html: unresolved ?@fig-gone",
    ),
    "unresolved variable": (HOME, "belong together", "?var:data.gone", "index.html: unresolved ?var:data.gone"),
    "shortcode left": (HOME, "belong together", "{{&lt; var x &gt;}}", "index.html: unresolved {{<"),
    "id twice": (MANUSCRIPT, 'id="tbl-by-hand"', 'id="fig-by-hand"', "the id fig-by-hand is given 2 times"),
    "id twice, far down": (
        HOME,
        "belong together",
        f'{"<div>" * 300}<b id="far">x</b><b id="far">x</b>{"</div>" * 300}',
        "the id far is given 2 times",
    ),
    "id twice, behind much text": (
        HOME,
        "belong together",
        f'<i title="{"x" * 10_000_001}"></i><b id="far">x</b><b id="far">x</b>',
        "the id far is given 2 times",
    ),
    "picture in a drawing from outside": (
        HOME,
        "belong together",
        '<svg><image xlink:href="https://cdn.example/x.png"/></svg>',
        "<image> fetches https://cdn.example/x.png from outside",
    ),
    "style of an element from outside": (
        HOME,
        "belong together",
        '<i style="background: url(//cdn.example/x.png)">x</i>',
        "a style fetches from outside: url(//cdn.example/x.png",
    ),
    "script from outside": (
        HOME,
        "</head>",
        '<script src="https://example.org/x.js"></script></head>',
        "<script> fetches https://example.org/x.js",
    ),
    "style from outside": (
        HOME,
        "</head>",
        '<link rel="stylesheet" href="//example.org/x.css"></head>',
        "<link> fetches //example.org/x.css",
    ),
    "picture from outside": (
        HOME,
        "</main>",
        '<img alt="x" src="https://example.org/x.png"></main>',
        "<img> fetches https://example.org/x.png",
    ),
    "font from outside": (
        "manuscript/assets/site.css",
        ".kypho-banner {",
        "@import url(https://example.org/f.css);\n.kypho-banner {",
        "a style fetches from outside",
    ),
    "number gone": (MANUSCRIPT, "Figure\u00a02: A picture", "A picture", "fig-by-hand has no number"),
    "banner gone from the front of JATS": (
        "manuscript/index.xml",
        "<meta-value>SYNTHETIC",
        "<meta-value>",
        "manuscript/index.xml: front: the banner",
    ),
    "banner gone from the text of JATS": (
        "manuscript/index.xml",
        "<bold>SYNTHETIC",
        "<bold>",
        "manuscript/index.xml: body: the banner",
    ),
    "picture gone from JATS": (
        "manuscript/index.xml",
        "picture.png",
        "gone.png",
        "manuscript/index.xml: graphic goes to gone.png, which does not exist",
    ),
    "title gone": (HOME, "<title>KYPHO-01</title>", "<title></title>", "index.html: the page has no title"),
    "description gone": (
        HOME,
        'name="description"',
        'name="words"',
        "index.html: the tag description is there 0 times",
    ),
    "address of another page": (
        MANUSCRIPT,
        'rel="canonical" href="https://mini.example/below/manuscript/index.html"',
        'rel="canonical" href="https://mini.example/below/index.html"',
        "the canonical address is https://mini.example/below/index.html; it must be https://mini.example/below/manuscript",
    ),
    "preview gone": (HOME, 'property="og:title"', 'property="title"', "index.html: the tag og:title is there 0 times"),
    "preview picture gone": (
        HOME,
        'content="https://mini.example/below/results/summary/preview.png"',
        'content="https://mini.example/below/gone.png"',
        "index.html: og:image is https://mini.example/below/gone.png, which is not on the site",
    ),
    "structured data broken": (
        MANUSCRIPT,
        '{"@context"',
        '{"@context',
        "manuscript/index.html: the structured data are not JSON",
    ),
    "structured data of another page": (
        MANUSCRIPT,
        '"url":"https://mini.example/below/manuscript/index.html"',
        '"url":"https://mini.example/"',
        "manuscript/index.html: the structured data lack @context, @type, or the address",
    ),
    "structured data name a file that is gone": (
        MANUSCRIPT,
        '"contentUrl":"https://mini.example/below/manuscript/index.docx"',
        '"contentUrl":"https://mini.example/below/manuscript/gone.docx"',
        "the structured data name https://mini.example/below/manuscript/gone.docx, which is not on the site",
    ),
    "page off the sitemap": (
        "sitemap.xml",
        "<url><loc>https://mini.example/below/index.html</loc></url>",
        "",
        "sitemap.xml does not list https://mini.example/below/index.html",
    ),
    "stranger on the sitemap": (
        "sitemap.xml",
        "below/index.html",
        "below/404.html",
        "sitemap.xml lists https://mini.example/below/404.html, which is no page",
    ),
    "JATS broken": ("manuscript/index.xml", "</article>", "", "manuscript/index.xml: is not well-formed XML"),
}


@pytest.fixture
def copy(site: Path, tmp_path: Path) -> Path:
    """A project whose site can be spoilt."""
    root = tmp_path / "copy"
    shutil.copytree(site.parent, root)
    return root


def problems(root: Path) -> str:
    project = load_project(root)
    with pytest.raises(PublishError) as caught:
        check_site(project, root / "_site", read_site(project, root / "_site"))
    return str(caught.value)


def test_a_sound_site_passes(copy):
    project = load_project(copy)
    check_site(project, copy / "_site", read_site(project, copy / "_site"))


@pytest.mark.parametrize("text", ["", " \n", "<!-- nothing -->"])
def test_an_empty_page_is_named(text, copy):
    (copy / "_site" / MANUSCRIPT).write_text(text, encoding="utf-8")
    assert problems(copy) == f"{MANUSCRIPT}: the page is empty."


@pytest.mark.parametrize("case", DEFECTS)
def test_a_planted_defect_is_found(case, copy):
    name, old, new, message = DEFECTS[case]
    path = copy / "_site" / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    assert message in problems(copy)


def test_a_missing_page_is_found(copy):
    (copy / "_site" / NOTEBOOK).unlink()
    assert problems(copy) == f"{NOTEBOOK}: the page was not built."


def test_an_empty_table_is_found(copy):
    path = copy / "_site" / NOTEBOOK
    text = path.read_text(encoding="utf-8")
    start, end = text.index("<tbody>"), text.index("</tbody>")
    path.write_text(text[:start] + "<tbody><tr><td></td></tr>" + text[end:], encoding="utf-8")
    assert "tbl-leakage-success is empty" in problems(copy)


def test_an_empty_figure_is_found(copy):
    path = copy / "_site" / NOTEBOOK
    text = path.read_text(encoding="utf-8")
    start = text.index("<img")
    path.write_text(text[:start] + text[text.index(">", start) + 1 :], encoding="utf-8")
    found = problems(copy)
    assert "fig-leakage-success is empty" in found
    assert "a figure is empty" in found


def test_an_empty_picture_file_is_found(copy):
    (copy / "_site/results/leakage/notebook_files/fig-leakage-success.svg").write_text("")
    assert "fig-leakage-success.svg is missing or empty" in problems(copy)


def test_a_pdf_that_is_none_is_found(copy):
    (copy / "_site/manuscript/index.pdf").write_bytes(b"%PDF-" + b"x" * 4000)
    assert "manuscript/index.pdf: is not a PDF that can be read" in problems(copy)


def test_a_pdf_without_the_banner_is_found(copy):
    from pypdf import PdfWriter

    writer = PdfWriter()
    for _ in range(9):
        writer.add_blank_page(width=595, height=842)
    writer.add_metadata({"/Title": "x" * 3000})
    writer.write(copy / "_site/manuscript/index.pdf")
    assert "manuscript/index.pdf: the banner 'SYNTHETIC DATA, NOT TRIAL RESULTS' is missing on page 1" in problems(copy)


def test_a_word_file_without_the_banner_or_with_svg_alone_is_found(copy):
    path = copy / "_site/manuscript/index.docx"
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts["word/document.xml"] = parts["word/document.xml"].replace(b"SYNTHETIC DATA", b"DATA")
    parts["word/media/x.svg"] = b"<svg/>"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    found = problems(copy)
    assert "manuscript/index.docx: the banner" in found
    assert "holds a picture as SVG alone" in found


def test_all_problems_are_reported_together(copy):
    path = copy / "_site" / HOME
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text.replace("kypho-banner", "x").replace('href="manuscript/index.html"', 'href="gone.html"'), encoding="utf-8"
    )
    found = problems(copy)
    assert "the banner" in found
    assert "dead link gone.html" in found


@pytest.mark.parametrize(
    ("part", "old", "new", "complaint"),
    [
        ("word/header1.xml", "SYNTHETIC DATA", "DATA", "is missing in word/header1.xml, the running header"),
        ("word/document.xml", f'descr="{mini.ALT}"', 'descr=""', "holds a picture without an alternative text"),
        ("word/document.xml", 'w:name="_Ref_tbl_by_hand"', 'w:name="x"', "the bookmark _Ref_tbl_by_hand"),
        ("word/document.xml", 'w:name="sec-introduction"', 'w:name="x"', "the bookmark sec-introduction"),
    ],
)
def test_a_word_file_that_has_lost_a_part_is_found(copy, part, old, new, complaint):
    path = copy / "_site/manuscript/index.docx"
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    assert old.encode() in parts[part]
    parts[part] = parts[part].replace(old.encode(), new.encode())
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    assert complaint in problems(copy)
