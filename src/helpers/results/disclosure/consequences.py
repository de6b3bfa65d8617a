"""What goes with a hidden count: the numbers computed from it that would tell it.

A proportion, its interval, its posterior and the contrast tell the count exactly. A mean of a number of patients that
is kept back stays, rounded to the digits that people read: the denominator is in the last digits of a mean. What gives
the number away together with an interval (standard error, degrees of freedom, the deviation of a change) goes.
"""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from helpers.results.disclosure.cells import ARMS, PAIRED, Cell, Ledger, base
from helpers.results.record import HIDDEN, Record

#: Digits after the point to which people read a unit, as in `present.numbers`.
DIGITS = {"proportion": 2, "mm": 1, "cm": 1, "degree": 1, "points": 1, "mL": 1, "correlation": 2, "p": 3}

_COUNTS = ("n", "events", "missing", "expected", "count")

#: Analysis -> lines of other analyses that its numbers are computed from, and would tell.
_COMPUTED_FROM = {
    "leakage.success_bounds": {"analysis": "leakage.success", "parameter": "IMAGED_M3"},
    "leakage.success_composite": {"analysis": "leakage.success", "parameter": "IMAGED_M3"},
    "leakage.vertebra_gee": {"analysis": "leakage.vertebra", "parameter": "LEAK"},
    "leakage.vertebra_beta_binomial": {"analysis": "leakage.vertebra", "parameter": "LEAK"},
    "pain.responder_nnt": {"analysis": "pain.responder"},
}

#: Analysis of imputed values, or of p-values -> the analysis that counts the patients with a value.
_OBSERVED = {
    "pain.vas_delta": "pain.vas",
    "pain.vas_mi": "pain.vas",
    "pain.vas_reference": "pain.vas",
    "qol.dallas_delta": "qol.dallas",
    "qol.dallas_holm": "qol.dallas",
    "qol.dallas_mi": "qol.dallas",
    "qol.dallas_reference": "qol.dallas",
}

#: What a parameter's name says of the method or the scale; the patients are those of the name before.
_MANNER = re.compile(
    r"_(BETTER|CR|JR|TIPPING|DELTA_\d+|LEVELS|LOO_LOW|LOO_HIGH|RELIEF_TIES|TIES"
    r"|SDBETWEEN|SDWITHIN|SPREAD|WITH_\w+|SKEW|KURT|FIFTH\d|NORMAL\d)$"
)

#: Analysis of how well a model fits -> the analyses that count what the model rests on, at any visit.
_FITTED = {
    "angle.kyphotic_fit": ("angle.kyphotic", "angle.kyphotic_patient"),
    "height.vertebral_fit": ("height.vertebral", "height.vertebral_patient"),
    "pain.vas_fit": ("pain.vas",),
    "qol.dallas_fit": ("qol.dallas",),
}


def without(records: Sequence[Record], book: Ledger, hidden: set[Cell], min_cell: int) -> list[Record]:
    """The records, those of hidden cells and of what would tell them without a value."""
    gone = {_key(r) for cell in hidden for r in book.records.get(cell, ())}
    lines = _Lines(records, gone, min_cell)
    return [r if r.hidden else lines.treated(r) for r in records]


class _Lines:
    """What is hidden in the line of a table that a record belongs to."""

    def __init__(self, records: Sequence[Record], gone: set[tuple], min_cell: int):
        self._gone = gone
        self._limit = min_cell
        self._counts: dict[tuple, dict[str, tuple[bool, int | None]]] = defaultdict(dict)
        for r in records:
            if r.statistic in _COUNTS:
                self._counts[_line(r)][r.statistic] = (_key(r) in gone, r.value)

    def treated(self, r: Record) -> Record:
        """The record as it may be shown."""
        if _key(r) in self._gone or r.statistic in ("min", "max"):
            return hide(r)
        if r.statistic in _COUNTS:
            return r
        if self._tells_a_count(r):
            return hide(r)
        kept_back = self._kept_back(r)
        if not kept_back:
            return r
        if self._too_few(r) or r.value is None or self._tells_n(r):
            return hide(r)
        return replace(r, value=round(r.value, DIGITS.get(r.unit, 2)))

    def _hidden(self, r: Record, *statistics: str, **changes: str) -> bool:
        counts = self._counts.get(_line(replace(r, **changes)), {})
        return any(counts.get(s, (False, None))[0] for s in statistics)

    def _groups(self, r: Record) -> tuple[str, ...]:
        return ARMS if r.group == "KP-VP" else (r.group,)

    def _tells_a_count(self, r: Record) -> bool:
        """Whether the number is computed from counts of which one is hidden."""
        if r.analysis == "participants.balance":
            return self._class_hidden(r)
        lines = [{"group": group} for group in self._groups(r)]
        if r.analysis.startswith("leakage.success_") and r.analysis != "leakage.success_m3":
            lines = [line | {"analysis": "leakage.success", "parameter": "SUCCESS"} for line in lines]
            lines += [{"group": group} for group in self._groups(r)]
        if source := _COMPUTED_FROM.get(r.analysis):
            lines += [source | {"group": group} for group in (ARMS if r.group == "all" else self._groups(r))]
        counted = [line for line in lines if "events" in self._counts.get(_line(replace(r, **line)), {})]
        forms = "expected" in self._counts.get(_line(r), {})
        return any(self._hidden(r, "events", "n", **line) for line in counted) or (
            forms and self._hidden(r, "n", "expected")
        )

    def _class_hidden(self, r: Record) -> bool:
        """Whether a class of the characteristic whose balance this is has a count that is not shown."""
        return any(
            parameter.split("|")[0] == r.parameter and any(gone for gone, _ in counts.values())
            for (analysis, *_, parameter, _), counts in self._counts.items()
            if analysis == "participants.baseline"
        )

    def _sizes(self, r: Record) -> list[dict[str, str]]:
        """The lines that hold the numbers of patients a statistic rests on."""
        parameter = _MANNER.sub("", r.parameter)
        if r.analysis in _FITTED:
            return self._rests_on(r, parameter)
        if r.analysis in PAIRED:
            return [{"analysis": PAIRED[0], "parameter": parameter}]
        own = {"analysis": _OBSERVED.get(r.analysis, r.analysis), "parameter": parameter}
        if r.group != "KP-VP" and not _is_model(r):
            return [own]
        changed = {"analysis": base(own["analysis"]), "parameter": f"{base(parameter)}_CHG"}
        arms = [line | {"group": arm} for line in (changed, own) for arm in ARMS]
        return [own][: r.group == "KP-VP"] + arms

    def _rests_on(self, r: Record, parameter: str) -> list[dict[str, str]]:
        """Every line that counts what a model rests on, whatever the visit and the unit."""
        return [
            {"analysis": analysis, "visit": visit, "unit_of_analysis": unit, "parameter": code, "group": group}
            for analysis, population, visit, unit, code, group in self._counts
            if analysis in _FITTED[r.analysis] and population == r.population and base(code) == parameter
        ]

    def _kept_back(self, r: Record) -> bool:
        single = "_LOO_" in r.parameter  # an extreme that one patient makes
        return single or any(self._hidden(r, "n", **line) for line in self._sizes(r))

    def _too_few(self, r: Record) -> bool:
        """Whether fewer patients than the limit stand behind the statistic, in one arm of a contrast too."""
        lines = self._sizes(r)
        if _is_model(r) and r.group != "KP-VP":
            lines = [line for line in lines if line.get("group") == r.group]
        sizes = (self._counts.get(_line(replace(r, **line)), {}).get("n", (False, None))[1] for line in lines)
        return any(n is not None and n < self._limit for n in sizes)

    def _tells_n(self, r: Record) -> bool:
        if r.analysis in _OBSERVED:  # the standard error rests on every patient, those with imputed values too
            return False
        if r.statistic in ("se", "df") or (r.statistic == "sd" and r.parameter.endswith("_CHG")):
            return True
        return r.analysis in PAIRED and r.statistic in ("lower95", "upper95", "p_value")


def _is_model(r: Record) -> bool:
    """Whether an arm's number comes from a model of both arms."""
    return r.method.startswith(("ancova", "mmrm"))


def hide(r: Record) -> Record:
    """The record without its value."""
    return r if r.hidden else replace(r, value=None, method=f"{r.base_method}:{HIDDEN}")


def _line(r: Record) -> tuple:
    return (r.analysis, r.population, r.visit, r.unit_of_analysis, r.parameter, r.group)


def _key(r: Record) -> tuple:
    return (*_line(r), r.statistic)
