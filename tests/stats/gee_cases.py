"""Data sets shipped with statsmodels, and small random clusters."""

from pathlib import Path

import numpy as np
import pandas as pd


def shipped(name, columns):
    import statsmodels.genmod.tests as folder

    return pd.read_csv(Path(folder.__file__).parent / "results" / name, header=None, names=columns)


def logistic_1(clusters=None):
    data = shipped("gee_logistic_1.csv", ["id", "y", "x1", "x2", "x3"])
    return data if clusters is None else data[data["id"].isin(data["id"].unique()[:clusters])]


def se(fit):
    return np.sqrt(np.diag(fit.covariance))


def small(seed, clusters=12):
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, 6, clusters)
    data = pd.DataFrame({"id": np.repeat(np.arange(clusters), sizes)})
    data["arm"] = data["id"] % 2
    data["x"] = rng.normal(size=len(data))
    level = rng.normal(size=clusters)[data["id"]]
    data["y"] = (rng.uniform(size=len(data)) < 1 / (1 + np.exp(-0.3 * data["arm"] - level))).astype(int)
    data["count"] = rng.poisson(np.exp(0.5 + 0.3 * data["arm"] + 0.4 * level))
    data["z"] = data["arm"] + level + rng.normal(size=len(data))
    return data
