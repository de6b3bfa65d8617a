"""Worst grade of each unit from graded records, and how many units had each grade."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from helpers.errors import InvalidInput
from helpers.stats._types import check_choice

#: What a record without a grade counts as, against the known grades of the same unit.
MISSING = ("lowest", "highest", "unless-top", "drop", "impute", "refuse")


@dataclass(frozen=True)
class GradeCounts:
    """Units by their worst grade, out of `n` units in all.

    `counts` has every level from the lowest to the highest, `at_least` the units with that grade or a higher one, and
    `unknown` the units whose worst grade is not known. `at_least` counts no unit of unknown grade.
    """

    n: int
    counts: dict
    at_least: dict
    unknown: int
    units_with_record: int

    def among(self, grades: Sequence) -> int:
        """Units whose worst grade is one of these, such as grades 3 to 5."""
        wrong = [grade for grade in grades if grade not in self.counts]
        if wrong:
            raise InvalidInput(f"grades {wrong} are none of the levels {list(self.counts)}.")
        return sum(self.counts[grade] for grade in dict.fromkeys(grades))


def worst_grades(
    units: Sequence,
    grades: Sequence,
    *,
    levels: Sequence = (1, 2, 3, 4, 5),
    missing: str = "lowest",
    missing_values: Sequence = (),
    impute: object = None,
) -> dict:
    """Worst grade of every unit that has a record.

    Parameters
    ----------
    units, grades : sequence
        Unit and grade of each record; a unit may have several. A grade that is None, NaN or one of `missing_values` is
        missing.
    levels : sequence
        The grades from the lowest to the highest.
    missing : str
        What a record without a grade does:
        "lowest": it counts below every known grade, so a unit's worst grade is its worst known one and is unknown only
        if none is known. No known severe event is lost, and no unit with an event.
        "highest": it outranks every known grade, so the unit's worst grade is unknown. tern does this where "Missing"
        is its last level; a unit with grade 5 and one ungraded record is then not counted under grade 5.
        "unless-top": the unit's worst grade is unknown unless the highest level is among its known ones; what can be
        said for certain.
        "drop": records without a grade are left out, and units with no other record with them.
        "impute": it counts as the grade `impute`.
        "refuse": it raises.
    missing_values : sequence
        Further values that mean a missing grade, such as "Missing".
    impute : optional
        Of "impute": the level an ungraded record counts as.

    Returns
    -------
    dict
        Worst grade by unit, in the order in which units first appear; None where it is unknown.

    Raises
    ------
    InvalidInput
        If the lengths differ, a unit is missing, a grade is none of the levels, the levels repeat, an option is
        unknown, or a grade is missing with "refuse".
    """
    check_choice("missing", missing, MISSING)
    order = {level: rank for rank, level in enumerate(levels)}
    if not order or len(order) != len(list(levels)):
        raise InvalidInput(f"levels {list(levels)}: at least one is needed, and each once.")
    if (missing == "impute") != (impute is not None) or (impute is not None and impute not in order):
        raise InvalidInput(f"impute is {impute!r}; with missing='impute' it must be one of {list(levels)}, else None.")
    units, grades = list(units), list(grades)
    if len(units) != len(grades):
        raise InvalidInput(f"{len(units)} units and {len(grades)} grades: one of each per record is needed.")
    top, known, ungraded = len(order) - 1, {}, set()
    for row, (unit, grade) in enumerate(zip(units, grades, strict=True)):
        if _absent(unit):
            raise InvalidInput(f"record {row}: its unit is missing.")
        if _absent(grade) or grade in missing_values:
            if missing == "refuse":
                raise InvalidInput(f"record {row}, unit {unit!r}: the grade is missing.")
            if missing == "drop":
                continue
            if missing != "impute":
                known.setdefault(unit, -1)
                ungraded.add(unit)
                continue
            grade = impute
        if grade not in order:
            raise InvalidInput(f"record {row}, unit {unit!r}: grade {grade!r} is none of {list(levels)}.")
        known[unit] = max(known.get(unit, -1), order[grade])
    by_rank = dict(enumerate(levels))

    def worst(unit, rank: int):
        hidden = unit in ungraded and (missing == "highest" or (missing == "unless-top" and rank < top))
        return None if hidden else by_rank.get(rank)

    return {unit: worst(unit, rank) for unit, rank in known.items()}


def count_grades(worst: dict, *, n: int, levels: Sequence = (1, 2, 3, 4, 5)) -> GradeCounts:
    """Units by their worst grade, and by at least that grade.

    Parameters
    ----------
    worst : dict
        From `worst_grades`.
    n : int
        Units in all, with and without a record.
    levels : sequence
        The grades from the lowest to the highest.

    Returns
    -------
    GradeCounts
        The counts of all levels and of unknown grade add up to the units with a record.

    Raises
    ------
    InvalidInput
        If there are more units with a record than units, or a grade is none of the levels.
    """
    if int(n) != n or n < len(worst):
        raise InvalidInput(f"n is {n}, but {len(worst)} units have a record; n must be a whole number not below that.")
    grades = list(worst.values())
    wrong = [grade for grade in grades if grade is not None and grade not in levels]
    if wrong:
        raise InvalidInput(f"grade {wrong[0]!r} is none of {list(levels)}.")
    counts = {level: sum(grade == level for grade in grades if grade is not None) for level in levels}
    at_least, so_far = {}, 0
    for level in reversed(list(levels)):
        so_far += counts[level]
        at_least[level] = so_far
    return GradeCounts(
        n=int(n),
        counts=counts,
        at_least={level: at_least[level] for level in levels},
        unknown=sum(grade is None for grade in grades),
        units_with_record=len(worst),
    )


def _absent(value: object) -> bool:
    return value is None or value is pd.NA or value != value
