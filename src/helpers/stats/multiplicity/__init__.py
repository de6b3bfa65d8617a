"""Several hypotheses or comparisons at once: adjusted p-values and simultaneous intervals.

P-values come in and go out in one order. `Adjusted.rejected(alpha)` and `rejections(alpha)` say what an error rate of
alpha rejects.
"""

from helpers.stats.multiplicity._common import Adjusted
from helpers.stats.multiplicity.closed import ClosedTest, closed_test
from helpers.stats.multiplicity.dunnett import (
    Comparison,
    dunnett,
    dunnett_critical,
    dunnett_groups,
    dunnett_intervals,
    dunnett_step_down,
)
from helpers.stats.multiplicity.gatekeeping import AdjustedFamilies, parallel_gatekeeping, serial_gatekeeping
from helpers.stats.multiplicity.graph import (
    Graph,
    GraphTest,
    Step,
    graph_closed_test,
    graph_test,
    intersection_weights,
)
from helpers.stats.multiplicity.intervals import (
    bonferroni_intervals,
    dunnett_step_down_limits,
    fixed_sequence_limits,
    holm_limits,
    sidak_intervals,
)
from helpers.stats.multiplicity.p_values import (
    adjust,
    benjamini_hochberg,
    benjamini_yekutieli,
    bonferroni,
    hochberg,
    holm,
    hommel,
    sidak,
    sidak_step_down,
)
from helpers.stats.multiplicity.pairs import games_howell, tukey_groups, tukey_kramer
from helpers.stats.multiplicity.sequence import fallback, fixed_sequence

__all__ = [
    "Adjusted",
    "AdjustedFamilies",
    "ClosedTest",
    "Comparison",
    "Graph",
    "GraphTest",
    "Step",
    "adjust",
    "benjamini_hochberg",
    "benjamini_yekutieli",
    "bonferroni",
    "bonferroni_intervals",
    "closed_test",
    "dunnett",
    "dunnett_critical",
    "dunnett_groups",
    "dunnett_intervals",
    "dunnett_step_down",
    "dunnett_step_down_limits",
    "fallback",
    "fixed_sequence",
    "fixed_sequence_limits",
    "games_howell",
    "graph_closed_test",
    "graph_test",
    "hochberg",
    "holm",
    "holm_limits",
    "hommel",
    "intersection_weights",
    "parallel_gatekeeping",
    "serial_gatekeeping",
    "sidak",
    "sidak_intervals",
    "sidak_step_down",
    "tukey_groups",
    "tukey_kramer",
]
