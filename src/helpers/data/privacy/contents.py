"""The text of a file about to be committed, whatever its encoding; what holds data or hides its content is refused."""

import codecs
import io
import re
import zipfile
from pathlib import PurePosixPath

#: Largest file, in bytes, that is looked through; nothing of the compendium comes near it.
LARGEST = 20_000_000
_DATA_KINDS = {
    ".parquet", ".feather", ".arrow", ".orc", ".xpt", ".sas7bdat", ".sas7bcat", ".cpt", ".sav", ".zsav", ".por", ".dta",
    ".xlsx", ".xls", ".xlsm", ".xlsb", ".ods", ".numbers", ".mdb", ".accdb", ".sqlite", ".sqlite3", ".db", ".duckdb",
    ".rds", ".rda", ".rdata", ".pkl", ".pickle", ".npy", ".npz", ".h5", ".hdf5", ".mat", ".dcm", ".nii", ".pdf",
}  # fmt: skip
_PACKED = {".zip", ".gz", ".tgz", ".tar", ".bz2", ".xz", ".zst", ".7z", ".rar", ".gpg", ".age"}
#: First bytes of a kind -> what it is, whatever the file is called.
_MAGIC = {
    b"PAR1": "Parquet",
    b"ARROW1": "Arrow",
    b"HEADER RECORD*******": "a SAS transport file",
    b"$FL2": "an SPSS file",
    b"<stata_dta>": "a Stata file",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "an Office file",
    b"SQLite format 3": "a database",
    b"\x89HDF\r\n\x1a\n": "HDF5",
    b"%PDF-": "a PDF",
    b"\x1f\x8b": "an archive",
    b"BZh": "an archive",
    b"\xfd7zXZ": "an archive",
    b"7z\xbc\xaf": "an archive",
    b"Rar!": "an archive",
    b"\x28\xb5\x2f\xfd": "an archive",
}
#: Pictures and fonts, which are looked at by people.
_PICTURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF8", b"wOFF", b"wOF2", b"\x00\x00\x01\x00")
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
         (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))  # fmt: skip


class Unreadable(Exception):
    """A file that cannot be committed, because it holds data or cannot be looked into; the message says which."""


def text_of(path: str, content: bytes) -> str:
    """The text of a file; empty for a picture.

    Raises
    ------
    Unreadable
        If the file is of a kind that holds data, is packed, too large, or binary of an unknown kind.
    """
    kind = PurePosixPath(path).suffix.casefold()
    if kind in _DATA_KINDS:
        raise Unreadable(f"files of the kind {kind} can hold patients' data.")
    if kind in _PACKED:
        raise Unreadable(f"files of the kind {kind} cannot be looked into.")
    if len(content) > LARGEST:
        raise Unreadable(f"it is larger than {LARGEST // 1_000_000} MB, which no source is.")
    for magic, what in _MAGIC.items():
        if content.startswith(magic):
            raise Unreadable(f"by its first bytes it is {what}, which can hold patients' data.")
    if content.startswith(b"PK\x03\x04"):
        return _office_text(content)
    if content.startswith(_PICTURES):
        return ""
    return _decoded(content)


def _decoded(content: bytes) -> str:
    for mark, encoding in _BOMS:
        if content.startswith(mark):
            return content.decode(encoding, errors="replace")
    if b"\0" in content:
        for encoding, nul in (("utf-16-le", content[1::2]), ("utf-16-be", content[::2])):
            if nul.count(0) > 0.8 * len(nul):
                return content.decode(encoding, errors="replace")
        raise Unreadable("it is binary, of a kind that is not known here.")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def _office_text(content: bytes) -> str:
    """The text of a Word document, cells parted by tabs; any other archive is refused."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
            if "word/document.xml" not in archive.namelist():
                raise Unreadable("it is an archive or a workbook, which can hold patients' data.")
            if any(part.filename.startswith("word/embeddings/") for part in parts):
                raise Unreadable("it is a document with an embedded file, which can hold patients' data.")
            if sum(part.file_size for part in parts) > LARGEST:
                raise Unreadable(f"unpacked it is larger than {LARGEST // 1_000_000} MB.")
            texts = [
                archive.read(part).decode("utf-8", errors="replace") for part in parts if part.filename.endswith(".xml")
            ]
    except zipfile.BadZipFile as error:
        raise Unreadable("it is a broken archive, which cannot be looked into.") from error
    return "\n".join(map(_plain, texts))


def _plain(xml: str) -> str:
    xml = re.sub(r"(?:</w:p>)?</w:tc><w:tc\b[^>]*>", "\t", re.sub(r">\s+<", "><", xml))
    return re.sub(r"\n+", "\n", re.sub(r"<[^>]*>", "", re.sub(r"</w:(?:p|tr)>", "\n", xml)))
