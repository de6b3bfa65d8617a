"""The covariance structures by name."""

from helpers.errors import InvalidInput
from helpers.stats.mixed.structures import Structure
from helpers.stats.mixed.unstructured import RandomSlope, Unstructured

#: UN1 is a variance of its own for every visit without correlation, SP_EXP and SP_GAU are spatial, RI is a random
#: intercept and RIS one with a random slope.
STRUCTURES = {
    s.name: s
    for s in (
        Unstructured("UN", "cholesky", heterogeneous=True, linear=True),
        Structure("CS", "exchangeable", linear=True),
        Structure("CSH", "exchangeable", heterogeneous=True),
        Structure("AR1", "power"),
        Structure("AR1H", "power", heterogeneous=True),
        Structure("TOEP", "band", linear=True),
        Structure("TOEPH", "band", heterogeneous=True),
        Structure("AD", "ante"),
        Structure("ADH", "ante", heterogeneous=True),
        Structure("SP_EXP", "power", spatial=True),
        Structure("SP_GAU", "power", spatial=True, squared=True),
        Structure("VC", "none", linear=True),
        Structure("UN1", "none", heterogeneous=True, linear=True),
        Structure("RI", "exchangeable", linear=True),
        RandomSlope("RIS", "slope", linear=True),
    )
}


def structure_of(name: str) -> Structure:
    """The structure of a name, or an error that lists the names."""
    if name not in STRUCTURES:
        raise InvalidInput(f"{name!r} is no covariance structure; there are {', '.join(STRUCTURES)}.")
    return STRUCTURES[name]
