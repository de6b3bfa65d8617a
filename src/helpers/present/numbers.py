"""Numbers as people read them: rounded half up, a true minus sign, digits by unit."""

from decimal import ROUND_HALF_UP, Decimal

MINUS = "\u2212"
NOT_ESTIMABLE = "not estimable"

#: In the place of a number that is not shown, "c" for confidential; `disclosure.footnote` says what it means.
MARK = "[c]"


class Hidden:
    """A number that is not shown. It is no number: nothing can be computed from it."""

    def __repr__(self) -> str:
        return MARK


HIDDEN = Hidden()

#: A number as it may come: there, not estimable, or not shown.
Value = float | int | Hidden | None

#: Digits after the point. Percentages of 15 patients deserve none, differences between two of them one.
DIGITS = {
    "proportion": 0,
    "mm": 1,
    "cm": 1,
    "degree": 1,
    "points": 1,
    "mL": 1,
    "correlation": 2,
    "probability": 2,
    "p": 3,
    "df": 1,
    "ratio": 2,
    "odds": 2,
    "rate": 1,
    "smd": 2,
    "nnt": 1,
    "fraction": 2,
    "slope": 2,
    "years": 1,
    "levels": 1,
    "score": 1,
    "patient-months": 1,
    "days": 0,
    "moment": 2,
    "patients": 0,
    "vertebrae": 0,
    "leaks": 0,
    "events": 0,
    "forms": 0,
}

#: More digits after the point than this are written as a power of ten.
LONGEST = 8

#: What stands behind a number in a sentence; a percentage keeps its sign wherever it goes.
SUFFIXES = {
    "proportion": "\u00a0%",
    "mm": "\u00a0mm",
    "cm": "\u00a0cm",
    "degree": "°",
    "points": " points",
    "mL": "\u00a0mL",
}


def fixed(value: float | int | Decimal, digits: int) -> str:
    """`value` with `digits` after the point; 62.5 becomes 63 (not 62), and nothing rounds to minus zero."""
    quantum = Decimal(1).scaleb(-digits)
    rounded = Decimal(str(value)).quantize(quantum, rounding=ROUND_HALF_UP)
    return f"{abs(rounded):f}" if rounded == 0 else f"{rounded:f}".replace("-", MINUS)


def _scaled(value: float | int, unit: str) -> Decimal | float | int:
    return Decimal(str(value)) * 100 if unit == "proportion" else value


def _beyond(value: float, digits: int) -> str | None:
    """`<0.001` and `>0.99`: a probability is never shown as exactly 0 or 1 because of rounding."""
    step = 10.0**-digits
    if 0 < value < step / 2:
        return f"<{fixed(step, digits)}"
    if 1 - step / 2 <= value < 1:
        return f">{fixed(1 - step, digits)}"
    return None


def plain(value: Value, unit: str, *, contrast: bool = False) -> str:
    """The number alone: a proportion in percent, a difference of proportions in points with one digit more."""
    if value is None:
        return NOT_ESTIMABLE
    if value is HIDDEN:
        return MARK
    digits = DIGITS.get(unit, 0)
    if unit in ("p", "probability") and (edge := _beyond(value, digits)):
        return edge
    return fixed(_scaled(value, unit), digits + (unit == "proportion" and contrast))


def suffix(unit: str, *, contrast: bool = False) -> str:
    """What follows the number in a sentence."""
    return " percentage points" if unit == "proportion" and contrast else SUFFIXES.get(unit, "")


def apart(old: float | int, new: float | int, unit: str, *, contrast: bool = False) -> tuple[str, str, str]:
    """Two numbers and their difference with a sign, in so many digits that two of the difference are seen."""
    before, after = (Decimal(str(_scaled(value, unit))) for value in (old, new))
    gap = after - before
    usual = DIGITS.get(unit, 0) + (unit == "proportion" and contrast)
    finest = max(usual, *(-value.as_tuple().exponent for value in (before, after)))
    digits = min(finest, max(usual, 1 - gap.adjusted())) if gap else usual
    if digits <= LONGEST:
        said = [fixed(value, digits) for value in (before, after, abs(gap))]
    else:
        size = max(abs(before), abs(after)).adjusted() - gap.adjusted()
        said = [f"{value:.{size + 1}e}".replace("-", MINUS) for value in (before, after)] + [f"{abs(gap):.1e}"]
    return said[0], said[1], (MINUS if gap < 0 else "+") + said[2].replace("-", MINUS)


def worded(value: Value, unit: str, *, contrast: bool = False) -> str:
    """The number with its unit, for a sentence."""
    return plain(value, unit, contrast=contrast) + (
        "" if value is None or value is HIDDEN else suffix(unit, contrast=contrast)
    )


def interval(lower: Value, upper: Value, unit: str, *, contrast: bool = False) -> str:
    """Two limits, `−6.5 to 58.2`."""
    if HIDDEN in (lower, upper):
        return MARK
    if lower is None or upper is None:
        return NOT_ESTIMABLE
    return f"{plain(lower, unit, contrast=contrast)} to {plain(upper, unit, contrast=contrast)}"


def estimate(value: Value, lower: Value, upper: Value, unit: str, *, contrast: bool = False) -> str:
    """Estimate and its limits, `29.2 (−6.5 to 58.2)`."""
    if value is None:
        return NOT_ESTIMABLE
    if value is HIDDEN:
        return MARK
    text = plain(value, unit, contrast=contrast)
    return text if lower is None or upper is None else f"{text} ({interval(lower, upper, unit, contrast=contrast)})"


def share(events: Value, n: Value) -> str:
    """Events of patients, `10/16`; the mark alone where either is not shown."""
    if HIDDEN in (events, n):
        return MARK
    return "" if events is None or n is None else f"{events}/{n}"
