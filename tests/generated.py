"""The analysis datasets of the trial that params.yaml describes, made in memory."""

from functools import cache

from helpers.codebook import load_codebook
from helpers.data import Datasets
from helpers.data.derive import derive_datasets
from helpers.data.synthesise import generate
from helpers.params import load_params
from tests.baking import ROOT


@cache
def trial(scenario: str = "base") -> Datasets:
    """What `derive` writes for the seed and the patients of params.yaml, the rows in the same order."""
    codebook = load_codebook(ROOT / "data" / "codebook.yaml")
    drawn = load_params(ROOT / "params.yaml").synthetic.in_scenario(scenario)
    return Datasets(derive_datasets(generate(drawn, codebook=codebook), codebook))
