"""The stored report: a page of tables and what falls short, and every figure as CSV."""

import platform
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import pandas as pd
from benchmarks.recovery import reasons
from benchmarks.recovery.characteristics import COVERAGE, MOST_BIAS, MOST_ERROR, Recovered
from benchmarks.recovery.truths import COUNTED, EXACT, RECORD

PAGE, FIGURES = "truth-recovery.md", "truth-recovery.csv"
PACKAGES = ("numpy", "scipy", "pandas", "formulaic", "pingouin")
SIGNS = {RECORD: "R", COUNTED: "C", EXACT: "0"}

#: Where the truth of an estimate is from, for people.
SOURCES = (
    (
        "`height`, `angle`, `pain.vas`, `qol.dallas`",
        "R",
        "Mean change by technique received, by formula or quadrature, mixed as allocated: one in 30 of the treated has "
        "the other technique. Of all treated patients, dead or not, since the strategy for death is hypothetical. A "
        "Dallas score is that of a complete form.",
    ),
    (
        "`leakage.success`, `leakage.success_bayes`",
        "C",
        "Patients randomised who were treated, have no leak and have an image after the procedure. The record's "
        "`leak.success` does not ask for the image.",
    ),
    (
        "`leakage.type`, `leakage.size`, `leakage.symptoms`",
        "C",
        "Patients treated, as allocated, with such a leak. The record's `leak.patient` leaves out that every trial "
        "gets one vertebra with both types of leak and one leak with symptoms.",
    ),
    (
        "`pain.responder`",
        "C",
        "Patients randomised with the fall of pain. Death, a missed rating and never having been treated are none.",
    ),
    ("`tolerance`", "C", "Patients treated, by technique received, with such an event from the procedure on."),
    (
        "`volume_pain.spearman`, all",
        "C",
        "Spearman's correlation over all treated patients rated before and at month 3 in the trials drawn for the "
        "truth. Zero without an effect, since the techniques are then alike.",
    ),
    ("`volume_pain.spearman`, KP and VP", "0", "Within a technique volume and pain are drawn independently."),
)
_LIMITS = f"{100 * COVERAGE[0]:.1f} to {100 * COVERAGE[1]:.1f} %"


def write(found: Sequence[Recovered], folder: Path, *, truth_trials: int, seed: int) -> None:
    """Write the page and the figures."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / PAGE).write_text(page(found, truth_trials=truth_trials, seed=seed), encoding="utf-8", newline="\n")
    figures(found).to_csv(folder / FIGURES, index=False, lineterminator="\n", float_format="%.9g", encoding="utf-8")


def figures(found: Sequence[Recovered]) -> pd.DataFrame:
    """Every figure of every estimate, the scenario in front."""
    return pd.concat([one.table.assign(why=reasons.all_of(one)).assign(scenario=one.scenario) for one in found]).pipe(
        lambda table: table[["scenario", *(c for c in table.columns if c != "scenario")]]
    )


def page(found: Sequence[Recovered], *, truth_trials: int, seed: int) -> str:
    """The report in Markdown."""
    scenarios = " ".join(one.scenario for one in found)
    number = found[0].trials
    command = f".venv/bin/python -m benchmarks.truth_recovery --scenarios {scenarios} --trials {number}"
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    parts = [
        "# Truth recovery at n = 31",
        "SYNTHETIC DATA, NOT TRIAL RESULTS. Written by `benchmarks/truth_recovery.py`; not to be edited.",
        f"Do the primary analyses find what the generator put in? In each scenario {number:,} trials of 31 patients "
        "are drawn by the generator, derived, and analysed by the functions that the notebooks call. Every estimate of "
        "every primary analysis of the plan is held against its true value.",
        f"    {command} --truth-trials {truth_trials} --seed {seed}",
        f"Python {platform.python_version()}, {versions}. The figures follow from the seed, whatever the number of "
        f"jobs. All of them, unrounded, are in `{FIGURES}`.",
        _asked(found),
        "## Result",
        summary(found),
        "## What falls short, and why",
        *reasons.page(found),
        "## Where the truth is from",
        _table(("Estimates", "", "Truth"), SOURCES),
        "R: the generator's record, as `truth.json` lays it beside an export. C: counted in "
        f"{truth_trials:,} trials drawn for this alone, in the generator's own arrays, before any table is written or "
        "derived; the error of the count, in brackets below, is added to that of the comparison. 0: zero by "
        "construction. Not held against a truth are the arms' means of the models, which stand at the average baseline "
        "of each trial, and the correlation of a patient's vertebrae, which has no interval.",
    ]
    for one in found:
        parts += _scenario(one)
    return "\n\n".join(parts) + "\n"


def _asked(found: Sequence[Recovered]) -> str:
    most = f"{100 * MOST_ERROR:.1f} %"
    return (
        f"Asked for: bias within {MOST_BIAS:.0f} Monte Carlo standard errors, that of the truth included; coverage of "
        f"the 95 % intervals from {_LIMITS}, or the value that the interval is known to have; error of the first kind "
        f"in the scenario null at most {most}. At 2,000 trials these are three standard errors about 95 %, and 1.9 "
        "above 5 %: of a hundred analyses with an error of exactly 5 %, three exceed it by chance. An analysis without "
        "a p-value is taken to reject where its 95 % interval leaves zero out. "
        "Exact: for counts, what the interval has for independent binomial counts with the true rates and the arms' "
        "sizes, by enumeration of every result; for a rank correlation that is zero, what it has for independent ranks."
    )


def summary(found: Sequence[Recovered]) -> str:
    """How many estimates of each scenario are within what is asked."""
    rows = []
    for one in found:
        for name, asked in (
            ("bias_verdict", "bias within 3 errors"),
            ("coverage_verdict", f"coverage {_LIMITS}"),
            ("error_verdict", f"error of the first kind at most {100 * MOST_ERROR:.1f} %"),
        ):
            verdicts = one.table[name]
            judged = verdicts[verdicts != ""]
            if len(judged):
                counts = [int((judged == verdict).sum()) for verdict in ("within", "known", "drawn", "short")]
                rows.append((one.scenario, asked, len(judged), *counts))
    return _table(
        ("Scenario", "Asked", "estimates", "within", "as known exactly", "as the generator's counts make it", "short"),
        rows,
    )


def _scenario(one: Recovered) -> list[str]:
    table = one.table
    primary = table["group"].isin(["KP-VP", "all"])
    error = "error of the first kind" if one.null else "power"
    parts = [f"## Scenario {one.scenario}", "Contrasts, KP minus VP, and correlations over both arms."]
    parts += [_characteristics(table[primary], error), "Each arm."]
    parts += [_characteristics(table[~primary], error)]
    if len(one.by_method):
        parts += ["Where more than one method ran, by the method that the record names.", _methods(one.by_method)]
    return parts


def _characteristics(table: pd.DataFrame, error: str) -> str:
    head = ("Analysis", "Parameter", "Visit", "Group", "truth", "from", "mean", "bias", "MCSE", "bias/MCSE", "coverage",
            "exact", error, "exact", "mean width", "not estimable", "verdict")  # fmt: skip
    rows = []
    for _, row in table.iterrows():
        counted = f" ({row['truth_error']:.4f})" if row["truth_error"] else ""
        rows.append(
            (
                f"`{row['analysis']}`", row["parameter"], row["visit"], row["group"],
                f"{_number(row['truth'])}{counted}", SIGNS[row["truth_source"]], _number(row["mean"]),
                _number(row["bias"]), f"{row['mcse']:.4f}", f"{row['bias_z']:.1f}", _share(row, "coverage"),
                _percent(row.get("known_coverage")), _share(row, "rejection"), _percent(row.get("known_rejection")),
                _number(row.get("width")), _missing(row), reasons.verdict(row),
            )
        )  # fmt: skip
    return _table(head, rows)


def _methods(table: pd.DataFrame) -> str:
    head = ("Analysis", "Parameter", "Visit", "Group", "Method", "trials", "mean", "coverage")
    rows = [
        (f"`{row['analysis']}`", row["parameter"], row["visit"], row["group"], f"`{row['method']}`", row["trials"],
         _number(row.get("mean")), _share(row, "coverage"))
        for _, row in table.iterrows()
    ]  # fmt: skip
    return _table(head, rows)


def _missing(row: pd.Series) -> str:
    gone = int(row["trials"] - row["estimated"])
    return f"{gone} ({100 * gone / row['trials']:.2f} %)" if gone else "0"


def _number(value: float | None) -> str:
    return "" if value is None or pd.isna(value) else f"{value:.3f}"


def _percent(value: float | None) -> str:
    return "" if value is None or pd.isna(value) else f"{100 * value:.1f} %"


def _share(row: pd.Series, name: str) -> str:
    value = row.get(name)
    if value is None or pd.isna(value):
        return ""
    return f"{100 * value:.1f} % ({100 * row[f'{name}_low']:.1f} to {100 * row[f'{name}_high']:.1f})"


def _table(head: Sequence[str], rows: Sequence[Sequence]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(str(cell) for cell in line)} |" for line in lines)
