"""A fitted linear mixed model: estimates, their covariances, contrasts, tests and least-squares means."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import sqrt

import numpy as np
import pandas as pd
from scipy.special import fdtrc

from helpers.errors import InvalidInput
from helpers.stats._types import Contrast, check_choice, check_level, known_reason
from helpers.stats._wald import ALTERNATIVES
from helpers.stats.mixed import grid
from helpers.stats.mixed.design import Design
from helpers.stats.mixed.empirical import Sandwich, check_sandwich
from helpers.stats.mixed.inference import KENWARD_ROGER, Solved, check_df, check_inference, fai_cornelius, spectral
from helpers.stats.mixed.results import JointTest, Parameter, t_interval
from helpers.stats.mixed.solve import Solution


@dataclass(frozen=True, eq=False)
class Fit:
    """A fitted model. Everything estimated is None where `reason` is set.

    `names` are the columns of the design, which `coefficients` and `covariance` (model-based) follow. `sigmas` holds
    the covariance matrix over `visits` of each group, under None without groups (for rows without visits: over the
    rows of the largest subject; for coordinates: over coordinates 0, 1, ...). `parameters` are the covariance
    parameters that SAS reports, `theta` the unconstrained ones. `loglik` is the (restricted) log-likelihood with SAS's
    constant; `aic` and `bic` are SAS's, smaller being better, the latter with the number of subjects read, `n_read`
    (mmrm takes those used, `n_subjects`). `boundary` says that a variance component was held at zero. `n` rows of
    `n_subjects` subjects were used, `n_missing` left out for a missing value; `absent` are the declared levels that
    no row used has.
    """

    names: tuple[str, ...]
    structure: str
    method: str
    n: int
    n_subjects: int
    n_read: int
    n_missing: int
    visits: tuple[Hashable, ...] = ()
    absent: Mapping[str, tuple[Hashable, ...]] = field(default_factory=dict)
    coefficients: np.ndarray | None = None
    covariance: np.ndarray | None = None
    sigmas: Mapping[Hashable, np.ndarray] | None = None
    parameters: tuple[Parameter, ...] = ()
    theta: np.ndarray | None = None
    loglik: float | None = None
    aic: float | None = None
    bic: float | None = None
    boundary: bool = False
    optimiser: str = ""
    iterations: int = 0
    reason: str = ""
    design: Design | None = field(default=None, repr=False)
    solution: Solution | None = field(default=None, repr=False)

    def __post_init__(self):
        known_reason(self.reason)

    @property
    def converged(self) -> bool:
        """Whether the search ended in a proven maximum."""
        return not self.reason

    @property
    def sigma(self) -> np.ndarray | None:
        """The covariance matrix over visits where there is one group."""
        if self.sigmas is None:
            return None
        if len(self.sigmas) > 1:
            raise InvalidInput(f"the groups {list(self.sigmas)} have a covariance matrix each; take one from sigmas.")
        return next(iter(self.sigmas.values()))

    @property
    def parameters_covariance(self) -> np.ndarray | None:
        """Covariance of `parameters` from the observed information (SAS ASYCOV), without one held at a boundary."""
        return None if self.reason else self.solution.parameters[1]

    @cached_property
    def _solved(self) -> Solved:
        return Solved(self.solution.likelihood, self.solution.point)

    @cached_property
    def _sandwiches(self) -> dict[str, Sandwich]:
        return {}

    def covariance_of(self, kind: str = "model") -> np.ndarray | None:
        """Covariance of the coefficients: model-based, adjusted or robust.

        Parameters
        ----------
        kind : str
            "model"; a Kenward-Roger variant (see `contrast`); or a sandwich over subjects, "CR0" (plain, SAS
            EMPIRICAL), "CR1" (times n / (n - 1)), "CR1S" (Stata's factor), "CR2" (bias-reduced) or "CR3" (jackknife).

        Returns
        -------
        array or None
            In the order of `names`, or None where the model could not be fitted.
        """
        if kind in KENWARD_ROGER:
            check_df(kind, self.method)
        else:
            check_sandwich(kind)
        if self.reason:
            return None
        back = self.solution.back
        return back @ self._internal(kind) @ back.T

    def _internal(self, kind: str) -> np.ndarray:
        if kind == "model":
            return self.solution.point.phi
        if kind in KENWARD_ROGER:
            return self._solved.adjusted(kind)
        return self._sandwich(kind).covariance

    def _sandwich(self, kind: str) -> Sandwich:
        if kind not in self._sandwiches:
            x, e = self.solution.decorrelated
            self._sandwiches[kind] = Sandwich(x, e, self.solution.point.phi, self.n, kind)
        return self._sandwiches[kind]

    def contrast(
        self,
        weights: Sequence[float] | Mapping[str, float],
        *,
        df: str = "kenward-roger",
        level: float = 0.95,
        null: float = 0.0,
        alternative: str = "two-sided",
        covariance: str = "model",
    ) -> Contrast:
        """A linear combination of the coefficients with its small-sample t interval and test.

        Parameters
        ----------
        weights : sequence or mapping
            Weights of the coefficients in the order of `names`, or by name (the others zero).
        df : str
            "kenward-roger" (observed information; second derivatives in the parameters that SAS reports, as SAS),
            "kenward-roger-linear" (without second derivatives; SAS FIRSTORDER, mmrm's Kenward-Roger-Linear),
            "kenward-roger-mmrm" (second derivatives in the parameters that R mmrm optimises over),
            "kenward-roger-expected" (expected information: the paper of 1997, R pbkrtest), "satterthwaite",
            "residual" (n less the columns), "between-within" (as R mmrm) or "normal".
        level : float
            Confidence level, 0 < level < 1.
        null : float
            Value under the null hypothesis.
        alternative : str
            "two-sided", "greater" or "less"; a one-sided alternative gives a one-sided interval, its other limit
            infinite.
        covariance : str
            "model" or a sandwich as in `covariance_of`; with a sandwich "satterthwaite" is Bell and McCaffrey's, and
            Kenward-Roger is not defined.

        Returns
        -------
        Contrast
            In the unit of the outcome; n is the number of subjects. Without numbers where the model has a reason.

        Raises
        ------
        InvalidInput
            For unknown options, weights that do not fit the coefficients or are all zero, and Kenward-Roger with ML
            or with a sandwich.

        Notes
        -----
        Kenward MG, Roger JH. Biometrics 1997;53:983-997. Satterthwaite FE. Biometrics 1946;2:110-114, for mixed models
        Giesbrecht FG, Burns JC. Biometrics 1985;41:477-486. Bell RM, McCaffrey DF. Survey Methodology 2002;28:169-181.
        The degrees of freedom of one contrast are the same for Kenward-Roger and Satterthwaite; the standard errors
        are not. SAS and R mmrm use the observed information, pbkrtest the expected one.
        """
        check_level(level)
        check_choice("alternative", alternative, ALTERNATIVES)
        check_inference(df, self.method, covariance)
        row = self._weights(weights)
        if not np.any(row):
            raise InvalidInput("the weights of a contrast are all zero.")
        if self.reason:
            return Contrast(self.n_subjects, None, reason=self.reason)
        inner = row @ self.solution.back
        estimate = float(row @ self.coefficients)
        variance = float(inner @ self._internal(df if df in KENWARD_ROGER else covariance) @ inner)
        if not variance > 0 or not np.isfinite(variance):
            return Contrast(self.n_subjects, estimate, reason="singular")
        se = sqrt(variance)
        freedom = self._df(row, inner, df, covariance)
        lower, upper, p_value = t_interval(estimate, se, freedom, level, null, alternative)
        return Contrast(self.n_subjects, estimate, se, freedom, lower, upper, p_value=p_value)

    def test(
        self,
        weights: Sequence[Sequence[float]],
        *,
        df: str = "kenward-roger",
        null: Sequence[float] | float = 0.0,
        covariance: str = "model",
    ) -> JointTest:
        """F test that several linear combinations of the coefficients equal `null`.

        Parameters
        ----------
        weights : matrix
            A row for each combination, a column for each coefficient; redundant rows do not count.
        df, covariance : str
            As in `contrast`. "satterthwaite" combines the degrees of freedom of independent contrasts.
        null : float or sequence
            The value, or one for each row.

        Returns
        -------
        JointTest
            `scale` is lambda of Kenward and Roger, 1 for the other methods.

        Raises
        ------
        InvalidInput
            As in `contrast`.

        Notes
        -----
        Kenward-Roger as in `contrast`; Fai AHT, Cornelius PL. J Stat Comput Simul 1996;54:363-378 for Satterthwaite, as
        SAS, lmerTest and mmrm.
        """
        check_inference(df, self.method, covariance)
        if isinstance(weights, Mapping):
            weights = [self._weights(weights)]
        matrix = np.atleast_2d(np.asarray(weights, dtype=float))
        if self.names and matrix.shape[1] != len(self.names):
            raise InvalidInput(f"{matrix.shape[1]} weights a row; the model has {len(self.names)} coefficients.")
        if not np.isfinite(matrix).all() or not np.any(matrix):
            raise InvalidInput("the weights of a test are not finite numbers, or all zero.")
        if self.reason:
            return JointTest(None, reason=self.reason)
        against = np.broadcast_to(np.asarray(null, dtype=float), len(matrix))
        involved = np.any(matrix != 0, axis=0)
        inner = matrix @ self.solution.back
        shift = matrix @ self.coefficients - against
        left, sizes, _ = np.linalg.svd(inner, full_matrices=False)
        kept = sizes > 1e-9 * sizes.max()
        inner, shift = (left.T @ inner)[kept], (left.T @ shift)[kept]
        count = len(inner)
        variance = inner @ self._internal(df if df in KENWARD_ROGER else covariance) @ inner.T
        if not np.isfinite(variance).all() or np.linalg.eigvalsh(variance).min() <= 0:
            return JointTest(None, reason="singular")
        statistic, scale = float(shift @ np.linalg.solve(variance, shift)) / count, 1.0
        if df in KENWARD_ROGER:
            freedom, scale = self._solved.kenward_roger(inner, df)
        elif df == "satterthwaite":

            def of(c):
                return self._df(None, c, df, covariance)

            freedom = fai_cornelius(spectral(inner, self._internal(covariance), of))
        else:
            freedom = self._df(involved, None, df, covariance)
        if not (np.isfinite(scale) and scale > 0 and freedom > 0):
            return JointTest(None, reason="undefined")
        statistic *= scale
        p_value = float(fdtrc(count, freedom if np.isfinite(freedom) else 1e12, statistic))
        return JointTest(statistic, count, freedom, p_value, scale)

    def effect(self, *names: str, df: str = "kenward-roger", covariance: str = "model") -> JointTest:
        """F test of a main effect (one variable) or an interaction (several) on equally weighted means.

        SAS's type 3 test where no cell of the factors is empty. A number among the variables enters by its slope at
        its mean. `df` and `covariance` as in `test`; Satterthwaite's degrees of freedom depend on how the contrasts are
        written, which here is differences from the first level.
        """
        check_inference(df, self.method, covariance)
        if self.design.spec is None:
            return JointTest(None, reason=self.reason)
        points, contrasts = grid.differences(self.design, names)
        if not names or not len(contrasts):
            return JointTest(None, reason="undefined")
        return self.test(contrasts @ self.rows(points), df=df, covariance=covariance)

    def _df(self, row, inner, df: str, covariance: str) -> float:
        if df in KENWARD_ROGER or df == "satterthwaite":
            if covariance != "model":
                return self._sandwich(covariance).df(inner)
            if df in KENWARD_ROGER:
                return self._solved.kenward_roger(inner[None], df)[0]
            return self._solved.satterthwaite(inner)
        if df == "residual":
            return float(self.n - len(self.names))
        if df == "between-within":
            return float(self.design.between_within[np.asarray(row) != 0].min())
        return float("inf")

    def _weights(self, weights) -> np.ndarray:
        if isinstance(weights, Mapping):
            unknown = [name for name in weights if name not in self.names]
            if unknown and self.names:
                raise InvalidInput(f"no coefficient {', '.join(unknown)}; there are {', '.join(self.names)}.")
            return np.array([float(weights.get(name, 0.0)) for name in self.names] or [1.0])
        row = np.asarray(weights, dtype=float)
        if row.ndim != 1 or not np.isfinite(row).all() or (self.names and len(row) != len(self.names)):
            raise InvalidInput(f"weights of shape {row.shape}; one finite weight for each of {', '.join(self.names)}.")
        return row

    def rows(self, ats: Sequence[Mapping[str, Hashable]], *, weights: str = "equal") -> np.ndarray | None:
        """Design rows of least-squares means, one for each point; None where a level has no data or no fit is there.

        Parameters
        ----------
        ats : sequence of mapping
            Values of variables to fix at each point.
        weights : str
            How factors left free are averaged: "equal" (SAS, emmeans), "proportional" to their joint frequencies,
            "outer" products of their single frequencies, or "counterfactual" over the subjects' own values. Numeric
            variables left free stand at their mean over the rows used (with "counterfactual" at the subjects' own).

        Raises
        ------
        InvalidInput
            If a variable or a level is unknown.
        """
        if self.design is None or self.design.spec is None:
            return None
        try:
            return grid.rows(self.design, ats, weights)
        except grid.AbsentLevel:
            return None

    def mean(self, at: Mapping[str, Hashable], *, weights: str = "equal", **options) -> Contrast:
        """A least-squares mean; parameters as in `rows` and `contrast`, n the rows used that lie at the point."""
        n = self._count(at)
        row = self.rows([at], weights=weights)
        if row is None:
            return Contrast(n, None, reason=self.reason or "too-few")
        found = self.contrast(row[0], **options)
        return _counted(found, n)

    def difference(
        self, at: Mapping[str, Hashable], versus: Mapping[str, Hashable], *, weights: str = "equal", **options
    ) -> Contrast:
        """A difference of two least-squares means, `at` minus the same point with the values of `versus`.

        Parameters as in `rows` and `contrast`; n counts the rows used that lie at either point.
        """
        other = {**at, **versus}
        n = self._count(at) + self._count(other)
        pair = self.rows([at, other], weights=weights)
        if pair is None:
            return Contrast(n, None, reason=self.reason or "too-few")
        return _counted(self.contrast(pair[0] - pair[1], **options), n)

    def _count(self, at: Mapping[str, Hashable]) -> int:
        frame = self.design.frame
        inside = np.ones(len(frame), dtype=bool)
        for name, value in at.items():
            if name in frame and not pd.api.types.is_float_dtype(frame[name]):
                inside &= (frame[name] == value).to_numpy()
        return int(inside.sum())


def _counted(found: Contrast, n: int) -> Contrast:
    return Contrast(
        n, found.estimate, found.se, found.df, found.lower, found.upper, reason=found.reason, p_value=found.p_value
    )
