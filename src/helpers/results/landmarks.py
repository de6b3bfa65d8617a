"""What a number is read against: the value of no effect of an interval, and the lines of a posterior probability.

A p-value has no line here: that it moved is said, and nothing is concluded from it.
"""

from helpers.results.record import Record

#: Lines that a posterior or predictive probability may pass.
PROBABILITIES = (0.9, 0.95)

#: Where a contrast of the arms shows no difference, by unit; 0 for every other. A number needed to treat has no such
#: place, for its interval is that of a reciprocal.
_CONTRASTS = {"ratio": 1.0, "odds": 1.0, "nnt": None}

#: The same by method: the chance of doing better is even at one half; a correlation, a slope and the mean of changes
#: have their null at 0 without a contrast of arms. Any other interval of an arm or of all patients (a rate, a mean,
#: the reliability of readers, limits of agreement) is held against nothing.
_METHODS = {
    "relative-effect": 0.5,
    "spearman-bonett-wright": 0.0,
    "partial-spearman-bonett-wright": 0.0,
    "spearman-bca": 0.0,
    "linear-regression": 0.0,
    "mean-t": 0.0,
}

#: Methods whose probabilities are those of a statement, given the data. That of a prior check is a p-value.
_POSTERIOR = ("beta-binomial", "beta-binomial-predictive")

#: What has a true zero, so that a part of it means something: sizes and spreads, and numbers in these units.
_SIZES = ("n", "missing", "events", "count", "expected", "sd", "se", "size", "exposure")
_MAGNITUDES = ("ratio", "odds", "rate", "mL", "years", "days", "patient-months")


def null_value(record: Record) -> float | None:
    """The value of no effect of a record's estimate, in its unit; None where there is none."""
    if record.base_method in _METHODS:
        return _METHODS[record.base_method]
    return _CONTRASTS.get(record.unit, 0.0) if record.group == "KP-VP" else None


def is_posterior(record: Record) -> bool:
    """Whether the number is the probability of a statement, and no p-value."""
    return record.statistic == "probability" and record.base_method in _POSTERIOR


def is_magnitude(record: Record) -> bool:
    """Whether a change is well said as a part of the number: it is a size, and no difference, score or proportion."""
    return record.statistic in _SIZES or (record.unit in _MAGNITUDES and null_value(record) != 0)
