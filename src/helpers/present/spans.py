"""Numbers that can be followed: in Markdown a number is a span with the key of its record, `[−1.6°]{r=angle...se}`.

On a page `manuscript/assets/numbers.lua` makes a link of the span. What is no Markdown, an alternative text for
instance, takes the words alone (`plain`).
"""

import re
from functools import cache

from helpers.present import numbers
from helpers.results import Record

GROUPS = {"KP": "kp", "VP": "vp", "KP-VP": "diff", "all": "all"}
#: The last segment of the key of a pair of limits.
INTERVAL = "interval"
COUNTS = ("n", "missing", "events", "count", "expected")

#: A span, with its text and its key. The only brackets a text has are those of the mark of a hidden number.
SPAN = re.compile(r"\[((?:[^\[\]]|\[c\])+)\]\{r=([^\s{}]+)\}")


@cache
def slug(text: str) -> str:
    """A key segment: lower case, everything that is no letter or digit an underscore."""
    return re.sub(r"\W+", "_", text.lower()).strip("_") or "_"


def path(record: Record) -> tuple[str, ...]:
    """`endpoint.analysis.parameter.visit.group.statistic`; a unit other than the patient follows the parameter."""
    endpoint, analysis = record.analysis.split(".", 1)
    parameter = slug(record.parameter)
    if record.unit_of_analysis != "patient" and not parameter.endswith(record.unit_of_analysis):
        parameter = f"{parameter}_{record.unit_of_analysis}"
    return endpoint, slug(analysis), parameter, slug(record.visit), GROUPS[record.group], record.statistic


def key(record: Record) -> str:
    """The name of a record in `_variables.yml`, in links and in the index of all numbers."""
    return ".".join(path(record))


def unit(record: Record) -> str:
    """The unit by which a number is rounded and named; counts are bare, whatever they count."""
    return "patients" if record.statistic in COUNTS else {"df": "df", "p_value": "p"}.get(record.statistic, record.unit)


def worded(record: Record) -> str:
    """A record's value for a sentence: counts bare, everything else rounded by its unit and with it."""
    if record.hidden:
        return numbers.MARK
    return numbers.worded(record.value, unit(record), contrast=record.group == "KP-VP")


def cite(text: str, key: str) -> str:
    """The text as a span; without a key the text alone."""
    return f"[{text}]{{r={key}}}" if key else text


def cited(record: Record) -> str:
    """A record's value for a sentence, to be followed."""
    return cite(worded(record), key(record))


def plain(text: str) -> str:
    """The words without their spans."""
    return SPAN.sub(r"\1", text)
