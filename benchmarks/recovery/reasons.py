"""Why an estimate falls short of what is asked, as far as that is known, with the figures."""

from collections.abc import Iterable, Sequence
from math import hypot

import pandas as pd
from benchmarks.recovery.characteristics import COVERAGE, MOST_BIAS, MOST_ERROR, Recovered
from benchmarks.recovery.trials import KEY
from benchmarks.recovery.truths import ARMS

#: Cause -> heading and explanation on the page, in this order.
CAUSES = {
    "prior": (
        "Bias of the posterior median: the prior",
        "The uniform prior counts as two patients an arm. It draws the median of an arm towards one half and that of "
        "the difference towards zero. Given is the exact mean of the medians. The intervals keep their coverage.",
    ),
    "seen": (
        "Bias of contrasts at month 3: who is seen",
        "The generator lets a patient treated with the other technique neither die nor leave. The shares of such "
        "patients in the two arms add up to {treated} of the treated and to {seen} of those seen at month 3, and by as "
        "much of the techniques' difference the difference of the arms is smaller. No analysis of the values as "
        "allocated can tell; it is a property of the synthetic data. Given is the mean to expect among those seen.",
    ),
    "once": (
        "Outside in these trials, within in as many again",
        "Where nothing else is known, as many trials are drawn again, with other seeds.",
    ),
    "outlier": (
        "Coverage of a contrast where one patient in every trial had the other technique",
        "Where the techniques differ by much, that patient lies far from the others of the arm. The model takes this "
        "for scatter, of which there might have been more or less, and its interval is wider than it would have to be. "
        "Without such a patient its coverage is within what is asked.",
    ),
    "bias": ("Bias without a known reason", "Beyond three Monte Carlo standard errors, in as many trials again too."),
    "conservative": (
        "Coverage of the exact intervals of Clopper and Pearson",
        "They hold at least 95 % at every rate, and so more at most rates: with 14 to 16 patients two to four points "
        "more. Fatal events are one a trial, so that their interval never misses.",
    ),
    "counts": (
        "Coverage and error of other intervals for counts",
        "15 or 16 patients have 16 or 17 results, so that an interval jumps from one coverage to another as the rate "
        "moves. What is seen is what the interval has for independent counts with these rates, by enumeration.",
    ),
    "quotas": (
        "Coverage and error where the generator's counts are not binomial",
        "Every trial has the same number of deaths, of lost patients, of patients never treated and of missed forms, "
        "and one leak with symptoms at least. Where these decide a proportion, one arm's count is large when the "
        "other's is small (`drawn_correlation` in the figures), or a count varies less than a binomial one. For "
        "independent patients the interval has the exact value; with these counts it has that of the trials drawn for "
        "the truth, which is what is seen.",
    ),
    "ranks": (
        "Coverage and error of a rank correlation",
        "With 6 to 16 patients of a technique the interval of Bonett and Wright is wider than it would have to be. "
        "What is seen is what it has for independent ranks.",
    ),
    "coverage": ("Coverage without a known reason", "Outside what is asked, in as many trials again too."),
    "error": ("Error of the first kind without a known reason", "Above what is asked, in as many trials again too."),
}
#: Causes for which trials were drawn again.
TWICE = ("once", "outlier", "bias", "coverage", "error")
_NAMES = {"bias": "bias", "coverage": "coverage", "error": "error of the first kind"}


def causes(row: pd.Series) -> dict[str, str]:
    """What falls short (`bias`, `coverage`, `error`) -> its cause."""
    found = {}
    if row["bias_verdict"] == "short":
        found["bias"] = _bias(row)
    if row["coverage_verdict"] in ("known", "drawn", "short"):
        found["coverage"] = _interval(row, "coverage")
    if row["error_verdict"] in ("known", "drawn", "short"):
        found["error"] = _interval(row, "rejection")
    return found


def _bias(row: pd.Series) -> str:
    expected = row.get("known_mean")
    known = expected is not None and not pd.isna(expected)
    if known and abs(row["mean"] - expected) <= 3 * hypot(row["mcse"], row["truth_error"]):
        return {"beta-binomial": "prior"}.get(row["methods"].split()[0], "seen")
    return "once" if abs(_again(row, "bias_z", MOST_BIAS + 1)) <= MOST_BIAS else "bias"


def _interval(row: pd.Series, name: str) -> str:
    found = row[f"{'error' if name == 'rejection' else name}_verdict"]
    if found in ("known", "drawn"):
        if row["analysis"] == "volume_pain.spearman":
            return "ranks"
        if "clopper-pearson" in row["methods"]:
            return "conservative"
        return "counts" if found == "known" else "quotas"
    if name == "rejection":
        return "once" if _again(row, name, 1.0) <= MOST_ERROR else "error"
    if COVERAGE[0] <= _again(row, name, 0.0) <= COVERAGE[1]:
        return "once"
    without = row.get("alone_coverage", float("nan"))
    return "outlier" if row[name] > COVERAGE[1] and COVERAGE[0] <= without <= COVERAGE[1] else "coverage"


def _again(row: pd.Series, name: str, otherwise: float) -> float:
    """A figure of the trials drawn again; `otherwise` where none were."""
    value = row.get(f"again_{name}")
    return otherwise if value is None or pd.isna(value) else value


def unexplained(one: Recovered) -> list[tuple]:
    """The estimates with a shortfall for which no reason is known."""
    rows = [row for _, row in one.table.iterrows()]
    return [tuple(row[KEY]) for row in rows if set(causes(row).values()) & {"bias", "coverage", "error"}]


def verdict(row: pd.Series) -> str:
    """One cell: within, or what falls short."""
    found = causes(row)
    return "; ".join(f"{_NAMES[what]}: {_short(row, what, cause)}" for what, cause in found.items()) or "within"


def _short(row: pd.Series, what: str, cause: str) -> str:
    if cause in ("prior", "seen"):
        expected = "the prior gives" if cause == "prior" else "expected among those seen"
        return f"{expected} {row['known_mean']:.3f}"
    if cause in ("counts", "ranks", "conservative"):
        return "as known exactly"
    if cause == "quotas":
        return "as in the trials drawn for the truth"
    return {"once": "not in as many trials again", "outlier": "cautious"}.get(cause, "not explained")


def all_of(one: Recovered) -> list[str]:
    """The verdict of every row."""
    return [verdict(row) for _, row in one.table.iterrows()]


def page(found: Sequence[Recovered]) -> list[str]:
    """A heading, an explanation and a table for each cause that there is."""
    rows = [
        (cause, what, one.scenario, row)
        for one in found
        for _, row in one.table.iterrows()
        for what, cause in causes(row).items()
    ]
    parts = []
    for cause, (heading, text) in CAUSES.items():
        mine = [(what, scenario, row) for name, what, scenario, row in rows if name == cause]
        if mine:
            parts += [
                f"### {heading}",
                text.format(**_crossed(found[0])),
                {"conservative": _ranges}.get(cause, _twice if cause in TWICE else _table)(mine),
            ]
    return [*parts, *edges(found), *boundary(found)] or ["Nothing."]


def _table(mine: Iterable[tuple[str, str, pd.Series]]) -> str:
    lines = ["| Scenario | Estimate | | seen | expected or exact | in the trials drawn for the truth |"]
    lines.append("|---|---|---|---|---|---|")
    for what, scenario, row in mine:
        name = f"`{row['analysis']}` {row['parameter']} {row['visit']} {row['group']}"
        if what == "bias":
            seen = (
                f"mean {row['mean']:.3f}, truth {row['truth']:.3f}, bias {row['bias']:.3f} ({row['bias_z']:.1f} errors)"
            )
            known, drawn = _value(row, "known_mean", 1, ".3f"), ""
        else:
            share = "coverage" if what == "coverage" else "rejection"
            seen = f"{100 * row[share]:.1f} % ({100 * row[f'{share}_low']:.1f} to {100 * row[f'{share}_high']:.1f})"
            known, drawn = (_value(row, f"{kind}_{share}", 100, ".1f") for kind in ("known", "drawn"))
        lines.append(f"| {scenario} | {name} | {_NAMES[what]} | {seen} | {known} | {drawn} |")
    return "\n".join(lines)


def _twice(mine: Iterable[tuple[str, str, pd.Series]]) -> str:
    """What is seen, in as many trials again, and in as many in which nobody had the other technique."""
    lines = ["| Scenario | Estimate | | seen | in as many again | in as many, nobody with the other technique |"]
    lines.append("|---|---|---|---|---|---|")
    for what, scenario, row in mine:
        name = f"`{row['analysis']}` {row['parameter']} {row['visit']} {row['group']}"
        cells = []
        for case in ("", "again_", "alone_"):
            if what == "bias":
                figures = [row.get(f"{case}{figure}") for figure in ("bias", "bias_z")]
                form = "{:.3f} ({:.1f} errors)"
            else:
                share = case + ("coverage" if what == "coverage" else "rejection")
                figures = [row.get(name_) for name_ in (share, f"{share}_low", f"{share}_high")]
                figures = [None if value is None else 100 * value for value in figures]
                form = "{:.1f} % ({:.1f} to {:.1f})"
            known = not any(value is None or pd.isna(value) for value in figures)
            cells.append(form.format(*figures) if known else "")
        lines.append(f"| {scenario} | {name} | {_NAMES[what]} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _crossed(one: Recovered) -> dict[str, str]:
    """The shares of the arms' patients who had the other technique, added: of the treated, of those seen at month 3."""
    places = {"treated": ("treated", ""), "seen": ("vas", "M3")}
    shares = {
        name: sum(one.crossed[(*place, arm, "other technique")] / one.crossed[(*place, arm, "all")] for arm in ARMS)
        for name, place in places.items()
    }
    return {name: f"{100 * share:.1f} %" for name, share in shares.items()}


def _ranges(mine: Sequence[tuple[str, str, pd.Series]]) -> str:
    """One line a scenario and analysis: how many estimates, from which coverage to which."""
    lines = ["| Scenario | Analysis | estimates | coverage seen | exact |", "|---|---|---|---|---|"]
    for place in dict.fromkeys((scenario, row["analysis"]) for _, scenario, row in mine):
        rows = pd.DataFrame([row for _, scenario, row in mine if (scenario, row["analysis"]) == place])
        spans = (
            f"{100 * rows[name].min():.1f} to {100 * rows[name].max():.1f} %" for name in ("coverage", "known_coverage")
        )
        lines.append(f"| {place[0]} | `{place[1]}` | {len(rows)} | {' | '.join(spans)} |")
    return "\n".join(lines)


def _value(row: pd.Series, name: str, factor: float, form: str) -> str:
    value = row.get(name)
    if value is None or pd.isna(value):
        return ""
    return f"{factor * value:{form}}" + (" %" if factor == 100 else "")


def edges(found: Sequence[Recovered]) -> list[str]:
    """Estimates within what is asked that the trials drawn for the truth, which are more, put outside."""
    rows = []
    for one in found:
        for _, row in one.table.iterrows():
            drawn = row.get("drawn_coverage")
            if row["coverage_verdict"] == "within" and not pd.isna(drawn) and not COVERAGE[0] <= drawn <= COVERAGE[1]:
                rows.append(("coverage", one.scenario, row))
            drawn = row.get("drawn_rejection")
            if row["error_verdict"] == "within" and not pd.isna(drawn) and drawn > MOST_ERROR:
                rows.append(("error", one.scenario, row))
    if not rows:
        return []
    text = (
        "Within what is asked in the trials analysed, and just outside in those drawn for the truth, which are more. "
        "They are shown so that the reader does not take the former for better than they are."
    )
    return ["### At the edge", text, _table(rows)]


def boundary(found: Sequence[Recovered]) -> list[str]:
    """Coverage of the mixed models where the variance between patients was estimated as zero."""
    rows = []
    for one in found:
        held = one.by_method
        held = held[held["method"] == "mixed-vc"] if len(held) else held
        for _, row in held.iterrows():
            whole = one.table.set_index(["analysis", "parameter"]).loc[(row["analysis"], row["parameter"])]
            rows.append(
                f"| {one.scenario} | `{row['analysis']}` {row['parameter']} | {row['trials']} of {whole['trials']} "
                f"| {100 * row['coverage']:.1f} % | {100 * whole['coverage']:.1f} % |"
            )
    if not rows:
        return []
    text = (
        "Over all trials the intervals of the vertebral analyses keep their coverage. Where the model finds no "
        "variance between patients (method `mixed-vc`), it takes vertebrae as independent, which in the generator they "
        "are not: in these trials the interval is too narrow. Whoever reads one trial whose record says `mixed-vc` "
        "should look at the analysis by patient beside it."
    )
    head = [
        "| Scenario | Estimate | trials with `mixed-vc` | coverage in these | coverage in all |",
        "|---|---|---|---|---|",
    ]
    return ["### Mixed models at the boundary", text, "\n".join(head + rows)]
