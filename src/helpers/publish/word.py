"""The last strokes on a Word file, whichever engine wrote it: what neither Pandoc nor a reference document can say."""

import html
import re
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from helpers.publish.pandoc import source_epoch
from helpers.publish.reference import HEADER

#: A row's properties; a row that Word may break over two pages is hard to read.
ROW = re.compile(r"<w:tr>(?:<w:trPr>(.*?)</w:trPr>)?", re.DOTALL)
CREATED = re.compile(r"(<dcterms:(created|modified)[^>]*>)[^<]*")
PROPERTY = re.compile(r"<property .*</property>", re.DOTALL)


def finish_docx(path: Path, *, banner: str, site: str) -> None:
    """Put banner and name of the site into the running header, keep rows whole, and drop dates and notes of the engine.

    Pandoc notes every key of the front matter as a property of the file, and Quarto every option of its own; a reader
    has no use for them.
    """
    running = html.escape(" · ".join(text for text in (banner, site) if text), quote=False)
    with zipfile.ZipFile(path) as archive:
        parts = {info.filename: archive.read(info) for info in archive.infolist()}
    for name, content in parts.items():
        if change := _change(name, running):
            parts[name] = change(content.decode("utf-8")).encode("utf-8")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            info = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content)


def _change(name: str, running: str) -> Callable[[str], str] | None:
    """What is to be done to the part `name` of the package, if anything."""
    if re.fullmatch(r"word/header\d+\.xml", name):
        return lambda text: text.replace(f">{HEADER}<", f">{running}<")
    if name == "word/document.xml":
        return lambda text: ROW.sub(_whole_row, text)
    if name == "docProps/custom.xml":
        return lambda text: PROPERTY.sub("", text)
    if name == "docProps/core.xml":
        return lambda text: CREATED.sub(rf"\g<1>{_day()}", text)
    return None


def _whole_row(match: re.Match) -> str:
    inside = (match.group(1) or "").replace("<w:cantSplit/>", "")
    return f"<w:tr><w:trPr><w:cantSplit/>{inside}</w:trPr>"


def _day() -> str:
    return datetime.fromtimestamp(int(source_epoch()), tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
