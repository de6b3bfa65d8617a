"""Strings that come from an export, made harmless: a term or a file's name is text in whatever it is put into.

Figures need nothing of it: `theme` leaves `$` alone. What our own code writes is trusted and passes as it is.
"""

import re
import unicodedata

#: What means something to Markdown, to Quarto's shortcodes or to TeX, wherever it stands in a line.
_SPECIAL = re.compile(r"""[\\`*_{}\[\]<>#|~^$@&"'!=+:]|-(?=-)|(?<=-)-|\.(?=\.)|(?<=\.)\.|^[-.(]""")

#: The start of a line that would be an item of a list: `1.`, `a)`, `iv.`
_ITEM = re.compile(r"^(\w{1,9})([.)])")

#: First letters that make a spreadsheet take a cell for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")

_NAME = re.compile(r"[\w.,()/ -]+")


#: What the finished site may not hold, for there it would be a shortcode or reference that was not replaced. A hair
#: space, which hardly anybody sees, tells the text of an export from those.
_UNRESOLVED = re.compile(r"\{\{(?=<)|@(?=(?:fig|tbl|sec|eq|lst)-)", re.IGNORECASE)


def line(text: str) -> str:
    """The text on one line, without control characters and without signs that reverse the direction of reading."""
    kept = ("\ufffd" if _unprintable(letter) else letter for letter in re.sub(r"\s+", " ", str(text)))
    return "".join(kept).strip()


def _unprintable(letter: str) -> bool:
    return unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


def markdown(text: str) -> str:
    """The text for Markdown: no mark-up, raw HTML, TeX, shortcode, citation or link is left in it."""
    return _ITEM.sub(r"\1\\\2", _SPECIAL.sub(r"\\\g<0>", _UNRESOLVED.sub("\\g<0>\u200a", line(text))))


def code(name: str) -> str:
    """A name in the letters of code where it is one; anything else as text, for code is no safe place either."""
    return f"`{name}`" if _NAME.fullmatch(name) and name == line(name) else markdown(name)


def csv_cell(value: object) -> object:
    """A cell that no spreadsheet computes; numbers stay numbers."""
    if not isinstance(value, str):
        return value
    return f"'{value}" if value.lstrip(" ").startswith(_FORMULA) else value
