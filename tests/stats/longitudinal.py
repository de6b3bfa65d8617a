"""Longitudinal data for the tests of missing outcomes: the published trial, and small made-up ones."""

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

FILE = Path(__file__).resolve().parents[3] / "shared" / "reference" / "antidepressant.csv"
COLUMNS = {"outcome": "CHANGE", "arm": "THERAPY", "subject": "PATIENT", "visit": "VISIT"}
SMALL = {"outcome": "y", "arm": "arm", "reference": "VP", "subject": "id", "visit": "visit"}


def antidepressant() -> pd.DataFrame:
    """The DIA working group's trial as R rbmi distributes it; the test is skipped where the file is absent."""
    if not FILE.exists():
        pytest.skip(f"{FILE} is absent; it belongs to another project and is not in the repository.")
    return _read()


@cache
def _read() -> pd.DataFrame:
    return pd.read_csv(FILE)


def made_up(seed: int, n: int = 31, visits: int = 3, dropout: float = 0.15, gaps: float = 0.0) -> pd.DataFrame:
    """Scores of n patients who may withdraw after the first visit or miss single ones."""
    rng = np.random.default_rng(seed)
    root = np.tril(rng.uniform(0.2, 0.6, (visits, visits)))
    arm = np.array(["KP", "VP"])[np.arange(n) % 2]
    base = rng.normal(6, 1.5, n)
    sex = np.array(["f", "m"])[rng.integers(2, size=n)]
    y = 2 + 0.4 * base[:, None] - 0.5 * (arm == "KP")[:, None] + rng.normal(size=(n, visits)) @ (np.eye(visits) + root)
    gone = np.cumsum(rng.random((n, visits)) < dropout, axis=1) > 0
    gone[:, 0] = False
    lost = gone | ((rng.random((n, visits)) < gaps) & (np.arange(visits) > 0))
    y[lost] = np.nan
    return pd.DataFrame(
        {
            "id": np.repeat([f"P{i:03d}" for i in range(n)], visits),
            "arm": np.repeat(arm, visits),
            "visit": np.tile(np.arange(1, visits + 1), n),
            "base": np.repeat(base, visits),
            "sex": np.repeat(sex, visits),
            "y": y.reshape(-1),
        }
    )
