"""JATS XML: what Pandoc's writer leaves to be said, whichever engine called it, and the rules a file must keep.

The tag set is Journal Archiving and Interchange 1.2, which Pandoc declares. The rules are those of the tag set that a
manuscript can break (order, identifiers, references) and what a reader of the file needs (labels, captions, texts).
"""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

XLINK = "{http://www.w3.org/1999/xlink}"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"
NAMESPACES = {"xlink": "http://www.w3.org/1999/xlink", "mml": "http://www.w3.org/1998/Math/MathML"}
DOCTYPE = (
    '<!DOCTYPE article PUBLIC "-//NLM//DTD JATS (Z39.96) Journal Archiving and Interchange DTD v1.2 20190208//EN" '
    '"JATS-archivearticle1.dtd">'
)

#: The label that stands at the front of a caption or of a section's title.
LABEL = re.compile(r"^\s*((?:Table|Figure)\s\d+):\s+")
NUMBER = re.compile(r"^\s*(\d+(?:\.\d+)*)\.?\s+")

#: What a reference to an element is called.
REF_TYPES = {"fig": "fig", "table-wrap": "table", "sec": "sec", "ref": "bibr", "fn": "fn"}

#: What article-meta may hold, in this order.
ORDER = """
article-id article-version article-version-alternatives article-categories title-group contrib-group aff
aff-alternatives author-notes pub-date volume issue fpage lpage elocation-id email ext-link uri supplementary-material
history permissions self-uri related-article related-object abstract trans-abstract kwd-group funding-group counts
custom-meta-group
"""
ARTICLE_META = tuple(ORDER.split())
REQUIRED = ("title-group", "contrib-group", "permissions", "related-object", "abstract", "kwd-group")


def finish_jats(path: Path) -> None:
    """Give exhibits and sections their labels, references their kind, and the abstract its sections."""
    for prefix, address in NAMESPACES.items():
        ElementTree.register_namespace(prefix, address)
    article = ElementTree.fromstring(path.read_bytes())
    for wrap in article.iter("table-wrap"):
        _take_id(wrap)
    for exhibit in article.iter():
        if exhibit.tag in ("table-wrap", "fig"):
            _label_exhibit(exhibit)
        elif exhibit.tag == "sec":
            _label_section(exhibit)
    kinds = {item.get("id"): item.tag for item in article.iter() if item.get("id")}
    for link in article.iter("xref"):
        link.attrib.pop("alt", None)
        if kind := REF_TYPES.get(kinds.get(link.get("rid"), "")):
            link.set("ref-type", kind)
    for abstract in article.iter("abstract"):
        _divide(abstract)
    text = ElementTree.tostring(article, encoding="unicode")
    path.write_text(f'<?xml version="1.0" encoding="utf-8"?>\n{DOCTYPE}\n{text}\n', encoding="utf-8")


def _take_id(wrap: Element) -> None:
    """A table's id belongs to the whole exhibit."""
    table = wrap.find("table")
    if table is not None and "id" in table.attrib and "id" not in wrap.attrib:
        wrap.set("id", table.attrib.pop("id"))


def _label_exhibit(exhibit: Element) -> None:
    paragraph = exhibit.find("caption/p")
    if paragraph is None or exhibit.find("label") is not None:
        return
    if match := LABEL.match(paragraph.text or ""):
        paragraph.text = paragraph.text[match.end() :]
        _put_label(exhibit, match.group(1).replace("\u00a0", " "))


def _label_section(section: Element) -> None:
    title = section.find("title")
    if title is None or section.find("label") is not None:
        return
    first = title.find("named-content[@content-type='header-section-number']")
    if first is not None:
        title.remove(first)
        title.text = (first.tail or "").lstrip()
        _put_label(section, first.text or "")
    elif match := NUMBER.match(title.text or ""):
        title.text = title.text[match.end() :]
        _put_label(section, match.group(1))


def _put_label(parent: Element, text: str) -> None:
    label = Element("label")
    label.text, label.tail = text, "\n"
    parent.insert(0, label)


def _divide(abstract: Element) -> None:
    """An abstract whose paragraphs begin with a bold heading becomes one section for each."""
    paragraphs = abstract.findall("p")
    heads = [next(iter(paragraph), None) for paragraph in paragraphs]
    if not paragraphs or any(
        head is None or head.tag != "bold" or (paragraph.text or "").strip()
        for head, paragraph in zip(heads, paragraphs, strict=True)
    ):
        return
    for paragraph, head in zip(paragraphs, heads, strict=True):
        section, title = Element("sec"), Element("title")
        title.text, title.tail = "".join(head.itertext()).strip().rstrip("."), "\n"
        paragraph.remove(head)
        paragraph.text = (head.tail or "").lstrip()
        section.extend([title, paragraph])
        section.tail = "\n"
        abstract.insert(list(abstract).index(paragraph), section)
        abstract.remove(paragraph)


def check_jats(article: Element, folder: Path) -> Iterator[str]:
    """Every rule that `article` breaks; its local links are looked up from `folder`."""
    yield from _front(article)
    yield from _references(article)
    yield from _exhibits(article)
    yield from _bibliography(article)
    yield from _addresses(article, folder)
    for section in article.iter("sec"):
        if not _text(section.find("title")):
            yield f"section {section.get('id', '')} has no title."
    for paragraph in article.iter("p"):
        if not len(paragraph) and not _text(paragraph):
            yield "a paragraph is empty."


def _front(article: Element) -> Iterator[str]:
    wanted = {"dtd-version": "1.2", "article-type": "research-article"}
    for name, value in wanted.items():
        if article.get(name) != value:
            yield f"article has {name} {article.get(name)!r}; it must be {value!r}."
    if not article.get(LANG):
        yield "article names no language (xml:lang)."
    meta = article.find("front/article-meta")
    if meta is None:
        yield "there is no article-meta."
        return
    for name in REQUIRED:
        if meta.find(name) is None:
            yield f"article-meta has no {name}."
    places = []
    for child in meta:
        if child.tag not in ARTICLE_META:
            yield f"article-meta may not hold {child.tag}."
        else:
            places.append(ARTICLE_META.index(child.tag))
    if places != sorted(places):
        yield f"article-meta is out of order; the order is {', '.join(ARTICLE_META)}."
    if not _text(meta.find("title-group/article-title")):
        yield "the article has no title."
    if meta.find("permissions/license") is not None and not meta.find("permissions/license").get(f"{XLINK}href"):
        yield "the licence has no address (xlink:href)."
    abstract = meta.find("abstract")
    if abstract is not None and abstract.find("sec") is None:
        yield "the abstract has no sections; each of its paragraphs begins with a heading in bold."


def _references(article: Element) -> Iterator[str]:
    names = [item.get("id") for item in article.iter() if item.get("id")]
    for name, count in sorted(Counter(names).items()):
        if count > 1:
            yield f"the id {name} is given {count} times."
    kinds = {item.get("id"): item.tag for item in article.iter() if item.get("id")}
    for link in article.iter("xref"):
        for name in (link.get("rid") or "").split() or [""]:
            if name not in kinds:
                yield f"a reference goes to {name!r}, which does not exist."
            elif link.get("ref-type") != REF_TYPES.get(kinds[name]):
                yield f"the reference to {name} says ref-type {link.get('ref-type')!r}; it is a {kinds[name]}."


def _exhibits(article: Element) -> Iterator[str]:
    for exhibit in article.iter():
        if exhibit.tag not in ("fig", "table-wrap"):
            continue
        name = exhibit.get("id") or ""
        if not re.match(r"^(fig|tbl)-", name):
            yield f"a {exhibit.tag} has no id of an exhibit, but {name!r}."
        for part in ("label", "caption"):
            if not _text(exhibit.find(part)):
                yield f"{name}: has no {part}."
        graphics = list(exhibit.iter("graphic"))
        if exhibit.tag == "fig" and not graphics:
            yield f"{name}: has no graphic."
        for graphic in graphics:
            if not _text(graphic.find("alt-text")):
                yield f"{name}: its graphic has no alt-text."
        if exhibit.tag == "table-wrap":
            yield from (f"{name}: {problem}" for problem in _table(exhibit.find("table")))


def _table(table: Element | None) -> Iterator[str]:
    if table is None or table.find("thead") is None or table.find("tbody") is None:
        yield "has no table with a thead and a tbody."
        return
    widths = {sum(int(cell.get("colspan", 1)) for cell in row) for row in table.iter("tr")}
    if len(widths) != 1 and not any(cell.get("rowspan") for cell in table.iter("td")):
        yield f"its rows have {sorted(widths)} columns; they must have one number of them."


def _bibliography(article: Element) -> Iterator[str]:
    cited = {link.get("rid") for link in article.iter("xref")}
    for entry in article.iter("ref"):
        name = entry.get("id", "")
        citation = entry.find("element-citation")
        if citation is None or not any(_text(citation.find(tag)) for tag in ("article-title", "source")):
            yield f"{name}: has no element-citation with a title."
        if name not in cited:
            yield f"{name}: is not cited."


def _addresses(article: Element, folder: Path) -> Iterator[str]:
    for item in article.iter():
        address = item.get(f"{XLINK}href")
        if address is None or re.match(r"^[a-zA-Z][\w+.-]*:", address):
            continue
        path = unquote(address.partition("#")[0])
        if not path or not (folder / path).is_file():
            yield f"{item.tag} goes to {address}, which does not exist."


def _text(item: Element | None) -> str:
    return "" if item is None else " ".join("".join(item.itertext()).split())
