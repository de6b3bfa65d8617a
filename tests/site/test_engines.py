"""The whole site of the compendium by both engines, wherever Quarto is present."""

import json

import pytest

from tests.baking import kypho


@pytest.mark.pipeline
@pytest.mark.engines
def test_both_engines_make_the_same_site(workshop):
    made = {}
    for engine in ("pandoc", "quarto"):
        done = kypho(workshop, "publish", "--engine", engine)
        assert done.returncode == 0, done.stdout + done.stderr
        made[engine] = json.loads((workshop / "_site" / "manifest.json").read_text(encoding="utf-8"))
    assert made["quarto"] == made["pandoc"]
