"""A Word file, whichever engine wrote it: the last strokes, which neither engine can do, and the rules it must keep."""

import html
import re
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from helpers.publish.pandoc import source_epoch
from helpers.publish.reference import HEADER

#: A row's properties; a row that Word may break over two pages is hard to read.
ROW = re.compile(r"<w:tr>(?:<w:trPr>(.*?)</w:trPr>)?", re.DOTALL)
CREATED = re.compile(r"(<dcterms:(created|modified)[^>]*>)[^<]*")
PROPERTY = re.compile(r"<property .*</property>", re.DOTALL)

#: Parts of the file: the text, running headers, pictures' texts, bookmarks, and links and fields that name them.
DOCUMENT = "word/document.xml"
RUNNING = re.compile(r"word/header\d+\.xml$")
PICTURE = re.compile(r'<wp:docPr [^>]*?descr="([^"]*)"')
PLACE = re.compile(r'<w:bookmarkStart [^>]*?w:name="([^"]*)"')
LINK = re.compile(r'w:anchor="([^"]*)"|<w:instrText[^>]*> REF (\S+) ')


def finish_docx(path: Path, *, banner: str, site: str) -> None:
    """Put banner and name of the site into the running header, keep rows whole, and drop dates and notes of the engine.

    Pandoc notes every key of the front matter as a property of the file, and Quarto every option of its own; a reader
    has no use for them.
    """
    running = html.escape(" · ".join(text for text in (banner, site) if text), quote=False)
    rewrite(path, path, lambda name, content: _changed(name, content, running))


def rewrite(path: Path, target: Path, change: Callable[[str, bytes], bytes]) -> None:
    """Write the Word file `path` to `target`, each part as `change` gives it, which is told its name and content."""
    with zipfile.ZipFile(path) as archive:
        parts = {info.filename: archive.read(info) for info in archive.infolist()}
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            info = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, change(name, content))


def _changed(name: str, content: bytes, running: str) -> bytes:
    """What the part `name` of the package becomes."""
    if RUNNING.match(name):
        return content.replace(f">{HEADER}<".encode(), f">{running}<".encode())
    if name == DOCUMENT:
        return ROW.sub(_whole_row, content.decode("utf-8")).encode("utf-8")
    if name == "docProps/custom.xml":
        return PROPERTY.sub("", content.decode("utf-8")).encode("utf-8")
    if name == "docProps/core.xml":
        return CREATED.sub(rf"\g<1>{_day()}", content.decode("utf-8")).encode("utf-8")
    return content


def _whole_row(match: re.Match) -> str:
    inside = (match.group(1) or "").replace("<w:cantSplit/>", "")
    return f"<w:tr><w:trPr><w:cantSplit/>{inside}</w:trPr>"


def _day() -> str:
    return datetime.fromtimestamp(int(source_epoch()), tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def check_docx(archive: zipfile.ZipFile, banner: str) -> Iterator[str]:
    """Every rule of headers, pictures and references that the file breaks."""
    document = archive.read(DOCUMENT).decode("utf-8")
    headers = {name: archive.read(name).decode("utf-8") for name in archive.namelist() if RUNNING.match(name)}
    if banner and not headers:
        yield "has no running header to hold the banner."
    for name, header in headers.items():
        if banner and banner not in words_of(header):
            yield f"the banner {banner!r} is missing in {name}, the running header."
    if any(not match.group(1).strip() for match in PICTURE.finditer(document)):
        yield "holds a picture without an alternative text."
    places = set(PLACE.findall(document))
    for target in sorted({name for pair in LINK.findall(document) for name in pair if name} - places):
        yield f"a reference goes to the bookmark {target}, which does not exist."
    if any(name.startswith("word/media/") and name.endswith(".svg") for name in archive.namelist()):
        yield "holds a picture as SVG alone, which Word may not show."


def words_of(xml: str) -> str:
    """The text of a part without its tags."""
    return re.sub(r"<[^>]+>", "", xml)
