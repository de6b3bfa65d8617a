"""How a value of an export is shown in a message: short, and without characters that do something."""

import unicodedata

#: Characters of a value that a message shows.
LENGTH = 60


def shown(value: object, length: int = LENGTH) -> str:
    """A value as text of at most `length` characters and a mark where more were; control characters as escapes."""
    text = str(value)
    return _escaped(text[:length]) + (" ..." if len(text) > length else "")


def quoted(value: object) -> str:
    """The same in quotation marks."""
    text = str(value)
    return repr(text[:LENGTH]) + (" ..." if len(text) > LENGTH else "")


def _escaped(text: str) -> str:
    """`text` with control, format and unassigned characters written as escapes."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        c.encode("unicode_escape").decode() if unicodedata.category(c).startswith("C") or c in "\u2028\u2029" else c
        for c in text
    )
