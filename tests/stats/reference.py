"""The reference cases, and their comparison with what a function returns."""

import json
from functools import cache
from pathlib import Path

FILE = Path(__file__).resolve().parents[1] / "reference" / "cases.json"


@cache
def cases() -> dict[str, dict]:
    return {case["id"]: case for case in json.loads(FILE.read_text(encoding="utf-8"))}


def tolerance(case: dict, key: str) -> float:
    """The published figure's tolerance."""
    tol = case["tol"]
    return tol.get(key, tol.get("*")) if isinstance(tol, dict) else tol


def holding(*keys: str) -> list[tuple[str, str]]:
    """Every (case id, key) whose published figures hold one of the keys, for two arms or one as the case has."""
    return [(id, key) for id, case in cases().items() for key in keys if key in case["expected"]]
