"""Every function of every endpoint that gives records, and options under which it is quick."""

import inspect

from helpers.data import Datasets
from helpers.endpoints import angle, height, leakage, pain, participants, qol, tolerance, volume_pain
from helpers.results import Record

MODULES = (participants, leakage, height, angle, pain, qol, tolerance, volume_pain)

FUNCTIONS = {
    module.__name__.rpartition(".")[2]: [
        function
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__
        and not name.startswith("_")
        and function.__annotations__["return"] == list[Record]
        and (module, name) != (participants, "describe")  # all the others together
    ]
    for module in MODULES
}

FEWER = {
    "leakage.prediction": {"larger_arm": 30},
    "height.agreement": {"resamples": 200},
    "angle.agreement": {"resamples": 200},
    "pain.imputed": {"imputations": 5},
    "qol.imputed": {"imputations": 5},
    "volume_pain.sensitivity": {"resamples": 200},
}


def records(endpoint: str, data: Datasets) -> list[Record]:
    """All records of an endpoint, as its notebook computes them, by the quick options."""
    return [r for f in FUNCTIONS[endpoint] for r in f(data, **FEWER.get(f"{endpoint}.{f.__name__}", {}))]
