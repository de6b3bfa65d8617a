"""Bias, coverage, error rates and widths of each estimate over the trials, held against what is asked of them."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from math import hypot, sqrt

import numpy as np
import pandas as pd
from benchmarks.recovery import enumeration, trials, truths
from benchmarks.recovery.trials import KEY
from benchmarks.recovery.truths import Sample, Truth

from helpers.stats import proportions

#: What is asked: bias in standard errors, coverage from and to, error of the first kind at most.
MOST_BIAS, COVERAGE, MOST_ERROR = 3.0, (0.935, 0.965), 0.059
#: Methods whose intervals depend on counts alone.
DISCRETE = ("miettinen-nurminen", "wilson", "clopper-pearson", "beta-binomial")


@dataclass(frozen=True)
class Recovered:
    """A scenario: its estimates, a row each; the same by the method that ran; and who had the other technique."""

    scenario: str
    null: bool
    trials: int
    table: pd.DataFrame
    by_method: pd.DataFrame
    crossed: Counter
    true: Mapping[tuple, Truth]


def recovered(scenario: str, draws: pd.DataFrame, sample: Sample) -> Recovered:
    """The trials of a scenario against its truth."""
    null = trials.parameters(scenario).null_effect
    true = truths.recorded(scenario) | truths.counted(sample, null=null)
    table = judged(summarise(draws, true, sample), null=null)
    return Recovered(scenario, null, draws["trial"].nunique(), table, by_method(draws, true), sample.crossed, true)


def confirmed(one: Recovered, keys: Iterable[tuple], again: pd.DataFrame, alone: pd.DataFrame) -> Recovered:
    """The scenario with what these estimates do in other trials (`again_...`), and without a patient of the other
    technique (`alone_...`), whose contrast is then that of the techniques."""
    rows = {}
    for key in keys:
        truth = one.true[key]
        cases = {"again": (again, truth)}
        if truth.received is not None:
            cases["alone"] = (alone, replace(truth, value=truth.received))
        rows[key] = {}
        for name, (draws, true) in cases.items():
            own = draws[(draws[KEY] == list(key)).all(axis=1)]
            found = _one(own, true, own["trial"].nunique())
            rows[key] |= {f"{name}_{k}": v for k, v in found.items() if k not in ("trials", "methods", "truth_source")}
    more = pd.DataFrame([rows.get(tuple(row[KEY]), {}) for _, row in one.table.iterrows()], index=one.table.index)
    return replace(one, table=one.table.join(more))


def summarise(draws: pd.DataFrame, true: Mapping[tuple, Truth], sample: Sample) -> pd.DataFrame:
    """One row an estimate, in the order of the first trial.

    `bias_z` is the bias over its Monte Carlo error, that of the truth included. `known_coverage`, `known_rejection` and
    `known_mean` are those of independent binomial counts, `drawn_coverage` and `drawn_rejection` those of the counts
    that the generator drew for the truth, `drawn_correlation` the correlation of the arms' proportions there.
    """
    number, rows = draws["trial"].nunique(), []
    for key, own in draws.groupby(KEY, sort=False):
        named = dict(zip(KEY, key, strict=True))
        rows.append(named | _one(own, true[key], number) | _known(key, own, true, sample))
    return pd.DataFrame(rows)


def by_method(draws: pd.DataFrame, true: Mapping[tuple, Truth]) -> pd.DataFrame:
    """Trials, mean estimate and coverage of the estimates for which more than one method ran, by method."""
    rows = []
    for key, own in draws.groupby(KEY, sort=False):
        if own["method"].nunique() > 1:
            for method, part in own.groupby("method", sort=True):
                found = (
                    _one(part, true[key], len(part)) if part["estimate"].notna().sum() > 1 else {"trials": len(part)}
                )
                rows.append(dict(zip(KEY, key, strict=True)) | {"method": method} | found)
    return pd.DataFrame(rows)


def _one(rows: pd.DataFrame, truth: Truth, number: int) -> dict:
    """Figures of one estimate; coverage and rejection are of the trials in which it has limits."""
    estimate = rows["estimate"].dropna().to_numpy(dtype=float)
    limits = rows[["lower", "upper"]].dropna().to_numpy(dtype=float)
    n = len(estimate)
    sd = float(estimate.std(ddof=1))
    error, bias = sd / sqrt(n), float(estimate.mean()) - truth.value
    found = {
        "truth": truth.value,
        "truth_error": truth.error,
        "truth_source": truth.source,
        "trials": number,
        "estimated": n,
        "mean": float(estimate.mean()),
        "sd": sd,
        "bias": bias,
        "mcse": error,
        "bias_z": bias / hypot(error, truth.error) if hypot(error, truth.error) else 0.0,
        "methods": "; ".join(f"{name} {count}" for name, count in rows["method"].value_counts(sort=True).items()),
    }
    if not len(limits):
        return found
    covered = (limits[:, 0] <= truth.value + 1e-9) & (truth.value - 1e-9 <= limits[:, 1])
    tested = rows["p_value"].dropna().to_numpy(dtype=float)
    rejected = tested < 0.05 if len(tested) else (limits[:, 0] > 0) | (limits[:, 1] < 0)
    found |= _share("coverage", covered) | {"width": float((limits[:, 1] - limits[:, 0]).mean())}
    return found | (_share("rejection", rejected) if rows["group"].iloc[0] in ("KP-VP", "all") or len(tested) else {})


def _share(name: str, yes: np.ndarray) -> dict:
    interval = proportions.clopper_pearson(int(yes.sum()), len(yes))
    return {name: float(yes.mean()), f"{name}_low": interval.lower, f"{name}_high": interval.upper}


def _known(key: tuple, rows: pd.DataFrame, true: Mapping[tuple, Truth], sample: Sample) -> dict:
    """What an interval is known to do by its nature, and the mean that an estimate has for a known reason."""
    truth, method, group = true[key], rows["method"].mode().iloc[0], key[-1]
    if truth.received is not None:
        return {"known_mean": truths.among_seen(truth, key, sample.crossed)}
    if truth.source == truths.EXACT:
        known = enumeration.ranks(truths.pairs_of(sample, group))
        return {"known_coverage": known.coverage, "known_rejection": known.rejection, "known_mean": 0.0}
    if method not in DISCRETE or truth.rates is None:
        return {}
    counts = sample.counts[key[:-1]]
    exact = enumeration.exact(method, group, truth.rates, enumeration.sizes(counts), truth.value)
    drawn = enumeration.generated(method, group, counts, truth.value)
    found = {"known_coverage": exact.coverage, "drawn_coverage": drawn.coverage, "known_mean": exact.mean}
    found["counted"] = len(counts)
    if group == "KP-VP":
        shares = np.array(counts, dtype=float)
        arms = shares[:, [0, 2]] / shares[:, [1, 3]]
        found["drawn_correlation"] = float(np.corrcoef(arms.T)[0, 1]) if arms.std(axis=0).all() else 0.0
        found |= {"known_rejection": exact.rejection, "drawn_rejection": drawn.rejection}
    return found


def judged(table: pd.DataFrame, *, null: bool) -> pd.DataFrame:
    """The rows with `bias_verdict`, `coverage_verdict` and `error_verdict`: within, known, drawn, short, or empty.

    Outside what is asked, and within 3 standard errors of what the interval has for independent counts or ranks
    ("known"), or for the counts that the generator drew for the truth ("drawn").
    """
    within = {
        "coverage": lambda value: COVERAGE[0] <= value <= COVERAGE[1],
        "rejection": lambda value: value <= MOST_ERROR,
    }
    verdicts = {name: [_verdict(row, name, inside) for _, row in table.iterrows()] for name, inside in within.items()}
    return table.assign(
        bias_verdict=["within" if abs(z) <= MOST_BIAS else "short" for z in table["bias_z"]],
        coverage_verdict=verdicts["coverage"],
        error_verdict=verdicts["rejection"] if null else "",
    )


def _verdict(row: pd.Series, name: str, inside: Callable[[float], bool]) -> str:
    if pd.isna(row.get(name)):
        return ""
    return "within" if inside(row[name]) else _agrees(row, name) or "short"


def _agrees(row: pd.Series, name: str) -> str:
    """Whether the share seen is that of independent counts ("known") or that of the generator's counts ("drawn").

    Where the two differ by more than chance, the generator's counts are not binomial, and theirs comes first.
    """
    seen, number = row.get(name), row["estimated"]
    known, drawn = row.get(f"known_{name}"), row.get(f"drawn_{name}")
    if any(value is None or pd.isna(value) for value in (seen, known)):
        return ""
    kinds = {"known": (known, 1 / number)}
    if drawn is not None and not pd.isna(drawn):
        both = {"drawn": (drawn, 1 / number + 1 / row["counted"])}
        kinds = both | kinds if abs(drawn - known) > 3 * _error(known, 1 / row["counted"]) else kinds | both
    return next((kind for kind, (value, per) in kinds.items() if abs(seen - value) <= 3 * _error(value, per)), "")


def _error(share: float, per: float) -> float:
    """Standard error of a share seen in 1 / `per` trials."""
    return sqrt(max(share * (1 - share), 1e-6) * per)
