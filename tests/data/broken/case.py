"""Ways to break a good export in one place, each with the rule that must report it and where."""

import pytest

CASES = []


def broken(rule, table, column=None, *, also=()):
    """Register a mutation returning the spreadsheet row at which `rule` must be reported; `also` may follow from it."""

    def register(mutate):
        CASES.append(pytest.param(rule, table, column, set(also), mutate, id=mutate.__name__))
        return mutate

    return register
