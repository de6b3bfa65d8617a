"""Scales on which estimates are pooled: a transformation, its derivative and its inverse."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from helpers.errors import InvalidInput


@dataclass(frozen=True)
class Scale:
    """A strictly increasing transformation of an estimate, with the value of no effect, `null`, in the estimate's unit.

    `forward`, `derivative` and `inverse` take and return arrays; `forward` gives a value that is not finite where the
    estimate lies on or beyond the end of the scale.
    """

    forward: Callable[[np.ndarray], np.ndarray]
    derivative: Callable[[np.ndarray], np.ndarray]
    inverse: Callable[[np.ndarray], np.ndarray]
    null: float = 0.0


def _logit(p):
    return np.log(p) - np.log1p(-p)


SCALES = {
    "identity": Scale(lambda x: x, lambda x: np.ones_like(x), lambda y: y),
    "log": Scale(np.log, lambda x: 1 / x, np.exp, null=1.0),
    "logit": Scale(_logit, lambda p: 1 / (p * (1 - p)), lambda y: 0.5 * (1 + np.tanh(y / 2)), null=0.5),
    "fisher-z": Scale(np.arctanh, lambda r: 1 / (1 - r * r), np.tanh),
    "arcsine": Scale(
        lambda p: np.arcsin(np.sqrt(p)),
        lambda p: 0.5 / np.sqrt(p * (1 - p)),
        lambda y: np.sin(np.clip(y, 0.0, np.pi / 2)) ** 2,
        null=0.5,
    ),
}


def scale_named(scale: str | Scale) -> Scale:
    """The scale itself, or the one of that name."""
    if isinstance(scale, Scale):
        return scale
    if scale not in SCALES:
        raise InvalidInput(f"scale is {scale!r}; allowed are {', '.join(map(repr, SCALES))} or a Scale.")
    return SCALES[scale]
