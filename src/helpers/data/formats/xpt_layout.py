"""The layout of a SAS transport file, version 5 or 8, checked byte by byte before a reader in C sees the file.

After SAS's technical notes TS-140 (version 5) and "Record Layout of a SAS Version 8 or 9 Data Set in SAS Transport
Format": records of 80 bytes, headers in ASCII, variables described in 140 bytes each, then the observations.
"""

import re
import struct
from dataclasses import dataclass

import numpy as np

RECORD, DESCRIBED = 80, 140
_MARK = b"HEADER RECORD*******%bHEADER RECORD!!!!!!!"
#: Version -> names of its headers: library, member, description, variables, labels, observations.
_NAMES = {
    5: (b"LIBRARY ", b"MEMBER  ", b"DSCRPTR ", b"NAMESTR ", None, b"OBS     "),
    8: (b"LIBV8   ", b"MEMBV8  ", b"DSCPTV8 ", b"NAMSTV8 ", b"LABELV8 ", b"OBSV8   "),
}
#: Bytes at which a file says when it was written.
TIMES = (144, 160, 464, 480)
#: Widest character variable.
WIDEST = {5: 200, 8: 32767}


class Broken(Exception):
    """What is wrong with the file, in words."""

    def __init__(self, rule: str, message: str, row: int | None = None, column: str | None = None):
        self.rule, self.message, self.row, self.column = rule, message, row, column
        super().__init__(message)


@dataclass(frozen=True)
class Variable:
    name: str
    number: bool
    start: int
    width: int


@dataclass(frozen=True)
class Layout:
    """Version, name of the dataset, its variables, and where its observations stand."""

    version: int
    name: str
    variables: tuple[Variable, ...]
    start: int
    rows: int

    @property
    def width(self) -> int:
        """Bytes of an observation."""
        return sum(variable.width for variable in self.variables)


def layout(content: bytes) -> Layout:
    """The layout of a file with one dataset.

    Raises
    ------
    Broken
        If anything about it is not as the format says.
    """
    version = next((v for v, names in _NAMES.items() if content.startswith(_MARK % names[0])), None)
    if version is None:
        raise Broken("xpt-header", "it does not begin as a SAS transport file of version 5 or 8.")
    _, member, description, variables, labels, observations = _NAMES[version]
    if len(content) % RECORD:
        raise Broken("truncated", f"its {len(content)} bytes are no whole number of records of {RECORD}.")
    for place, name in ((240, member), (320, description), (560, variables)):
        if not content.startswith(_MARK % name, place):
            raise Broken("xpt-header", f"the header {name.decode().strip()} is not where it belongs.")
    if content[314:318] not in (b"0140", b"0140"):
        raise Broken("xpt-header", f"its variables are not described in {DESCRIBED} bytes each.")
    name = content[408 : 408 + (8 if version == 5 else 32)].decode("ascii", "replace").strip()
    count = _digits(content[608:618] if version == 8 else content[614:618], "variables")
    start = 640
    end = start + -(-count * DESCRIBED // RECORD) * RECORD
    if not count or end > len(content):
        raise Broken("truncated", f"{count} variables are announced, but not all described.")
    described = tuple(_variables(content[start : start + count * DESCRIBED], count, version))
    if labels and content.startswith(_MARK % labels, end):
        end = _after_labels(content, end, count)
    if not content.startswith(_MARK % observations, end):
        raise Broken("xpt-header", f"the header {observations.decode().strip()} is not where it belongs.")
    width = sum(variable.width for variable in described)
    announced = content[end + 48 : end + RECORD].strip() if version == 8 else b""
    rows = _rows(content, end + RECORD, width, announced, _MARK % member)
    return Layout(version, name, described, end + RECORD, rows)


def _digits(text: bytes, what: str) -> int:
    if not re.fullmatch(rb" *[0-9]+ *", text):
        raise Broken("xpt-header", f"the number of {what} is not a number.")
    return int(text)


def _variables(described: bytes, count: int, version: int):
    """The variables; each follows on the one before."""
    start, seen = 0, set()
    for k in range(count):
        kind, _, width, _, short = struct.unpack_from(">hhhh8s", described, k * DESCRIBED)
        (position,) = struct.unpack_from(">i", described, k * DESCRIBED + 84)
        long = described[k * DESCRIBED + 88 : k * DESCRIBED + 120] if version == 8 else b""
        name = (long.strip(b" \0") or short.strip(b" \0")).decode("ascii", "replace")
        if not re.fullmatch("[A-Za-z_][A-Za-z0-9_]*", name) or name.upper() in seen:
            raise Broken("xpt-header", f"variable {k + 1} has no name, or that of another.")
        if kind not in (1, 2) or not 1 <= width <= (8 if kind == 1 else WIDEST[8]) or position != start:
            raise Broken("xpt-header", f"type, width or place of the variable {name} cannot be.", column=name)
        seen.add(name.upper())  # SAS knows no case
        yield Variable(name, kind == 1, start, width)
        start += width


def _after_labels(content: bytes, place: int, count: int) -> int:
    """Where the observations' header stands behind the section of long labels."""
    number = _digits(content[place + 48 : place + RECORD], "labels")
    at = place + RECORD
    for _ in range(number):
        if at + 6 > len(content):
            raise Broken("truncated", "its labels are cut off.")
        which, name, label = struct.unpack_from(">hhh", content, at)
        if not 1 <= which <= count or not 0 <= name <= 32 or not 0 <= label <= 256:
            raise Broken("xpt-header", "a label belongs to no variable, or is too long.")
        at += 6 + name + label
    return place + RECORD + -(-(at - place - RECORD) // RECORD) * RECORD


def _rows(content: bytes, start: int, width: int, announced: bytes, member: bytes) -> int:
    """Number of observations; blanks that fill the last record are none."""
    size = len(content) - start
    if any(content.startswith(member, at) for at in _places(content, member, start)):
        raise Broken("xpt-header", "it holds more than one dataset; a file holds one.")
    said = int(announced) if announced.isdigit() else 0
    if said:
        if not said * width <= size < said * width + RECORD:
            raise Broken("truncated", f"{said} observations are announced, but not there.")
        return said
    rows, rest = divmod(size, width)
    if content[len(content) - rest :].strip(b" ") if rest else b"":
        raise Broken("truncated", "its last observation is cut off.")
    while rows and size - rows * width < RECORD and not content[start + (rows - 1) * width :].strip(b" "):
        if len(content) - (start + (rows - 1) * width) >= RECORD:
            break
        rows -= 1
    return rows


def _places(content: bytes, mark: bytes, start: int):
    """Places of a header at the beginning of a record."""
    at = content.find(mark, start)
    while at >= 0:
        if at % RECORD == 0:
            yield at
        at = content.find(mark, at + 1)


def check_characters(content: bytes, found: Layout) -> None:
    """Refuse a NUL, or what is not UTF-8, in a character variable: C would cut the text there."""
    cells = np.frombuffer(content, np.uint8, found.rows * found.width, found.start).reshape(found.rows, found.width)
    for variable in found.variables:
        if variable.number or not found.rows:
            continue
        block = cells[:, variable.start : variable.start + variable.width]
        nul = np.flatnonzero((block == 0).any(axis=1))
        if len(nul):
            raise Broken("encoding", "a text holds a NUL byte.", int(nul[0]) + 1, variable.name)
        for row in np.flatnonzero((block > 127).any(axis=1)):
            try:
                block[row].tobytes().decode("utf-8")
            except UnicodeDecodeError:
                raise Broken("encoding", "a text is not UTF-8.", int(row) + 1, variable.name) from None
