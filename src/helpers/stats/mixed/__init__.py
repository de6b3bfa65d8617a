"""Linear mixed models for repeated and clustered normal outcomes, by REML and ML, with small-sample inference."""

from helpers.stats.mixed.clusters import Clustered, clustered
from helpers.stats.mixed.fitting import fit
from helpers.stats.mixed.model import Fit
from helpers.stats.mixed.residuals import Residuals, residuals
from helpers.stats.mixed.results import JointTest, Parameter
from helpers.stats.mixed.visits import Mmrm, mmrm

__all__ = ["Clustered", "Fit", "JointTest", "Mmrm", "Parameter", "Residuals", "clustered", "fit", "mmrm", "residuals"]
