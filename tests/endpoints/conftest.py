"""The trial of eight patients of `eight`, and the one that params.yaml describes."""

from types import SimpleNamespace

import pandas as pd
import pytest

from helpers.data import Datasets
from tests import generated
from tests.endpoints import eight


@pytest.fixture
def frames() -> dict[str, pd.DataFrame]:
    """The frames, to be changed before `Datasets(frames)`."""
    return eight.build()


@pytest.fixture
def data(frames) -> Datasets:
    return Datasets(frames)


@pytest.fixture(scope="session")
def synthetic() -> Datasets:
    """The datasets of the synthetic trial with the seed and the patients of params.yaml, to be read only."""
    return generated.trial()


@pytest.fixture
def without(frames):
    """The trial without some patients, as if they had never been randomised."""

    def drop(*subjects: str) -> Datasets:
        return Datasets({name: f[~f["USUBJID"].isin(subjects)].reset_index(drop=True) for name, f in frames.items()})

    return drop


@pytest.fixture(scope="session")
def find():
    """The one record with these fields, or its statistics by name: `find(records, "n", parameter=..., group=...)`."""

    def one(records, statistic: str, **fields):
        found = [r for r in records if r.statistic == statistic and all(getattr(r, k) == v for k, v in fields.items())]
        assert len(found) == 1, f"{len(found)} records for {statistic}, {fields}"
        return found[0]

    def value(records, statistic: str, **fields):
        return one(records, statistic, **fields).value

    def arms(records, statistic: str, **fields) -> list:
        return [value(records, statistic, group=arm, **fields) for arm in ("KP", "VP")]

    return SimpleNamespace(record=one, value=value, arms=arms)
