"""The report of the times of the pipeline."""

import yaml
from benchmarks.pipeline.__main__ import LIMITS, report
from benchmarks.pipeline.plain import make_plain

from tests.baking import bake


def seconds(**changed: float) -> dict[str, list[float]]:
    """Runs of three rounds that keep every limit, unless they are changed."""
    kept = {"plain": 60.0, "floor": 20.0, "cold": 14.0, "no-op": 1.0, "no-op of dvc": 1.0, "notebook edited": 5.0}
    return {name: [changed.get(name, value)] * 3 for name, value in kept.items()}


def test_limits_that_are_kept_are_said_to_be():
    text, kept = report(seconds(), (1.2, 0.4), ["## A fresh machine"])
    assert kept and text.count("| kept |") == len(LIMITS) + 1
    assert text.endswith("## A fresh machine\n")


def test_a_limit_that_is_not_kept_is_said_and_fails():
    text, kept = report(seconds(cold=16.0), (1.2, 0.4), [])
    assert not kept
    assert "| cold / plain | 0.27 (0.27 to 0.27) | 0.25 | NOT KEPT |" in text
    assert not report(seconds(), (1.6, 0.4), [])[1]


def test_the_median_of_the_rounds_counts():
    runs = seconds() | {"cold": [14.0, 14.0, 40.0]}
    text, kept = report(runs, (1.2, 0.4), [])
    assert kept
    assert "| cold | 14.00 (14.00 to 40.00) |" in text


def test_the_plain_pipeline_runs_papermill_and_the_rest_as_it_is(tmp_path):
    folder = bake(tmp_path / "plain")
    before = yaml.safe_load((folder / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
    make_plain(folder)
    after = yaml.safe_load((folder / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {"leakage", "height", "angle", "pain", "qol", "tolerance", "volume_pain"}
    for name in changed:
        assert f"papermill notebooks/{name}.ipynb" in " ".join(after[name]["cmd"])
        assert {**after[name], "cmd": ""} == {**before[name], "cmd": ""}
