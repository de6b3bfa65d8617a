"""Imputed outcomes of a panel: drawn from the posterior, from bootstrap estimates, or set to conditional means."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import ceil

import numpy as np
import pandas as pd

from helpers.errors import InvalidInput
from helpers.stats._types import check_choice, known_reason
from helpers.stats.missing.likelihood import Sample, fit
from helpers.stats.missing.panel import Panel
from helpers.stats.missing.posterior import draw
from helpers.stats.missing.strategies import STRATEGIES

METHODS = ("bayes", "approximate-bayes", "conditional-mean")
RESAMPLING = ("jackknife", "bootstrap")


@dataclass(frozen=True)
class Imputations:
    """Completed outcomes of a panel, (D, n, J), or None where `reason` says why there are none.

    For conditional means the first is of all patients and the rest are of the samples whose `weights` (D, n) say how
    often each patient is in them; else `weights` is None and each is one random imputation of all patients. With
    nothing missing there is one, the data.
    """

    panel: Panel
    method: str
    values: np.ndarray | None = field(repr=False)
    weights: np.ndarray | None = field(default=None, repr=False)
    resampling: str = ""
    reason: str = ""

    def __post_init__(self):
        known_reason(self.reason)

    @property
    def number(self) -> int:
        return 0 if self.values is None else len(self.values)

    def frame(self, index: int) -> pd.DataFrame:
        """One completed data set: subject, arm, visit, value, and whether the value is imputed."""
        n, j = self.panel.outcome.shape
        return pd.DataFrame(
            {
                "subject": np.repeat(np.array(self.panel.subjects, dtype=object), j),
                "arm": np.repeat(np.array(self.panel.arms, dtype=object)[self.panel.arm], j),
                "visit": np.tile(np.array(self.panel.visits, dtype=object), n),
                "value": self.values[index].reshape(-1),
                "imputed": self.panel.missing.reshape(-1),
            }
        )


def impute(
    panel: Panel,
    *,
    method: str = "bayes",
    imputations: int = 100,
    seed: int | None = None,
    same_covariance: bool = True,
    burn_in: int = 200,
    thin: int = 5,
    prior: str = "inverse-wishart",
    resampling: str = "jackknife",
    variance: str = "frequentist",
    covariance: str = "UN",
    reml: bool = True,
    failures: float = 0.1,
    strategies: Mapping | None = None,
) -> Imputations:
    """Impute the missing outcomes of a panel from a multivariate normal model.

    Parameters
    ----------
    panel : Panel
        From `panel.arrange`.
    method : {"bayes", "approximate-bayes", "conditional-mean"}
        Random imputations at draws of the parameters from their posterior, or at estimates from bootstrap samples of
        the patients, stratified by arm; or conditional means at the estimates of the data and of resampled patients.
    imputations : int
        Number of random imputations, or of bootstrap samples for conditional means.
    seed : int
        Needed by everything that draws; the jackknife draws nothing.
    same_covariance : bool
        One covariance matrix for all arms, or one each.
    burn_in, thin, prior
        Of the chain for "bayes"; see `posterior.draw`.
    resampling : {"jackknife", "bootstrap"}
        Of the patients, for conditional means.
    variance : {"frequentist", "information-anchored"}
        For conditional means after an event that is not missing at random: impute every sample by the strategy, or by
        the own arm plus the shift that the strategy made in the full data.
    covariance : str
        Structure of the covariance, see `covariance.STRUCTURES`; "bayes" knows "UN" only.
    reml : bool
        Restricted maximum likelihood where the method estimates.
    failures : float
        Share of bootstrap samples that may fail and be drawn again.
    strategies : mapping, optional
        Strategies of one's own by name, beside those of `strategies.STRATEGIES`.

    Returns
    -------
    Imputations
        Reasons as in `likelihood.fit`; "not-converged" where too many samples failed; "undefined" where a strategy says
        nothing, as LMCF for a patient never seen.

    Raises
    ------
    InvalidInput
        If an option is none of those named or a seed is needed and absent.

    Notes
    -----
    Carpenter, Roger and Kenward 2013 ("bayes"); Little RJA, Rubin DB. Statistical Analysis with Missing Data, 2002,
    section 10.2.3 ("approximate-bayes"); Wolbers M et al. Pharm Stat 2022;21:1246-1257 ("conditional-mean"); Lu K.
    Stat Biopharm Res 2021;13:483-491 ("information-anchored"). Outcomes observed after an event that is not missing at
    random are not used to fit the model, but are kept, and imputations depend on them, as in R rbmi.
    """
    check_choice("method", method, METHODS)
    check_choice("resampling", resampling, RESAMPLING)
    check_choice("variance", variance, ("frequentist", "information-anchored"))
    draws = method != "conditional-mean" or resampling == "bootstrap"
    if draws and (seed is None or imputations < 1):
        given = f"seed is {seed} and imputations {imputations}"
        raise InvalidInput(f"{given}; this method needs a seed and at least 1 imputation.")
    if method == "bayes" and covariance != "UN":
        raise InvalidInput(f"covariance is {covariance!r}; method 'bayes' knows the unstructured one, 'UN', only.")
    used = resampling if method == "conditional-mean" else ""
    if not panel.missing.any():
        return Imputations(panel, method, panel.outcome[None].copy(), None, used)
    rules = {**STRATEGIES, **(strategies or {})}
    n = len(panel.subjects)
    arms = len(panel.arms)
    groups = 1 if same_covariance else arms
    sample = Sample(panel.modelled, panel.design, np.zeros(n, dtype=int) if same_covariance else panel.arm)
    rng = np.random.default_rng(seed) if draws else None

    if method == "bayes":
        found = draw(sample, imputations, rng, burn_in=burn_in, thin=thin, prior=prior, groups=groups)
        if found.reason:
            return Imputations(panel, method, None, reason=found.reason)
        values = complete(panel, found.beta, found.sigma, rules, rng)
        return _checked(Imputations(panel, method, values))

    options = {"reml": reml, "covariance": covariance, "groups": groups}
    estimate = fit(sample, np.ones((1, n)), **options)
    if estimate.reason[0]:
        return Imputations(panel, method, None, reason=estimate.reason[0])
    if method == "conditional-mean" and resampling == "jackknife":
        weights = 1.0 - np.eye(n)
        repeated = fit(sample, weights, start=estimate.sigma[0], **options)
        failed = [r for r in repeated.reason if r]
        if failed:
            return Imputations(panel, method, None, resampling=used, reason=failed[0])
        beta, sigma = repeated.beta, repeated.sigma
    else:
        found = _bootstrapped(sample, panel.arm, imputations, rng, failures, estimate.sigma[0], options)
        if found is None:
            return Imputations(panel, method, None, resampling=used, reason="not-converged")
        weights, beta, sigma = found
    if method == "approximate-bayes":
        return _checked(Imputations(panel, method, complete(panel, beta, sigma, rules, rng)))

    beta = np.concatenate([estimate.beta, beta])
    sigma = np.concatenate([estimate.sigma, sigma])
    values = complete(panel, beta, sigma, rules)
    if variance == "information-anchored":
        own_arm = complete(panel, beta, sigma, dict.fromkeys(rules, STRATEGIES["MAR"]))
        values = own_arm + (values[:1] - own_arm[:1])
    weights = np.concatenate([np.ones((1, n)), weights])
    return _checked(Imputations(panel, method, values, weights, used))


def complete(panel: Panel, beta, sigma, rules: Mapping, rng: np.random.Generator | None = None) -> np.ndarray:
    """Outcomes with the missing ones set to their conditional means, or drawn about them, at each of D parameters.

    Parameters
    ----------
    panel : Panel
    beta, sigma : array (D, p), (D, G, J, J)
    rules : mapping of name to strategy
    rng : numpy Generator, optional
        Without one the conditional means are returned.
    """
    d, (n, j) = len(beta), panel.outcome.shape
    values = np.broadcast_to(panel.outcome, (d, n, j)).copy()
    missing, before = panel.missing, panel.at_random
    # one block of numbers for all patients, so that a patient's draw does not depend on the others' patterns
    noise = None if rng is None else rng.standard_normal((d, n, j))
    arm_of = np.minimum(np.arange(len(panel.arms)), sigma.shape[1] - 1)
    for members in _alike(panel):
        i = members[0]
        own, ref = panel.arm[i], panel.reference_of[i]
        lacking, seen = missing[i], ~missing[i]
        own_sigma = sigma[:, arm_of[own]]
        ref_sigma = own_sigma if arm_of[own] == arm_of[ref] else sigma[:, arm_of[ref]]
        mean = np.einsum("mjp,dp->dmj", panel.designs[own, members], beta)
        mean_ref = mean if own == ref else np.einsum("mjp,dp->dmj", panel.designs[ref, members], beta)
        mean, spread = rules[panel.strategy[i]](mean, own_sigma, mean_ref, ref_sigma, before[i])
        inside = spread[:, lacking][:, :, lacking]
        filled = mean[:, :, lacking]
        if seen.any():
            across = spread[:, lacking][:, :, seen]
            slope = np.swapaxes(np.linalg.solve(spread[:, seen][:, :, seen], np.swapaxes(across, 1, 2)), 1, 2)
            residual = panel.outcome[members][:, seen] - mean[:, :, seen]
            filled = filled + np.einsum("dls,dms->dml", slope, residual)
            inside = inside - slope @ np.swapaxes(across, 1, 2)
        if noise is not None:
            lower = np.linalg.cholesky((inside + np.swapaxes(inside, 1, 2)) / 2)
            filled = filled + np.einsum("dlk,dmk->dml", lower, noise[:, members][:, :, lacking])
        values[:, members[:, None], np.flatnonzero(lacking)] = filled
    return values


def _alike(panel: Panel) -> list[np.ndarray]:
    """Patients with missing values, grouped by arm, strategy, event and visits observed."""
    found: dict[tuple, list[int]] = {}
    for i in np.flatnonzero(panel.missing.any(axis=1)):
        key = (panel.arm[i], panel.reference_of[i], panel.strategy[i], panel.event[i], panel.missing[i].tobytes())
        found.setdefault(key, []).append(int(i))
    return [np.array(members) for members in found.values()]


def _bootstrapped(sample: Sample, strata, wanted: int, rng, failures: float, start, options):
    """Weights and estimates of bootstrap samples, stratified; None where more fail than may."""
    n, spare = len(strata), ceil(failures * wanted)
    kept_weights, kept_beta, kept_sigma = [], [], []
    members = [np.flatnonzero(strata == s) for s in np.unique(strata)]
    while len(kept_beta) < wanted:
        weights = np.zeros((wanted - len(kept_beta), n))
        for row in weights:
            for m in members:
                row[m] = np.bincount(rng.integers(m.size, size=m.size), minlength=m.size)
        found = fit(sample, weights, start=start, **options)
        spare -= int((~found.usable).sum())
        if spare < 0:
            return None
        kept_weights.extend(weights[found.usable])
        kept_beta.extend(found.beta[found.usable])
        kept_sigma.extend(found.sigma[found.usable])
    return np.array(kept_weights), np.array(kept_beta), np.array(kept_sigma)


def _checked(found: Imputations) -> Imputations:
    if np.isfinite(found.values).all():
        return found
    return Imputations(found.panel, found.method, None, resampling=found.resampling, reason="undefined")
