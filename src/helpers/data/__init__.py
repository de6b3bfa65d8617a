"""From the export to the analysis datasets: synthesise, import, validate, derive, score, load.

The names below are loaded when first used, so that reading the provenance costs no pandas.
"""

from importlib import import_module

_HOMES = {
    "Datasets": "load",
    "POPULATIONS": "load",
    "load_datasets": "load",
    "Provenance": "provenance",
    "load_provenance": "provenance",
}
__all__ = sorted(_HOMES)


def __getattr__(name: str):
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
