"""Win statistics: pairs compared over outcomes in the order of their importance, and what is counted of them."""

from helpers.stats.win.comparison import Comparison, EventTime, Level, Pairs, Score, compare, compare_values
from helpers.stats.win.finkelstein_schoenfeld import finkelstein_schoenfeld
from helpers.stats.win.statistics import (
    Homogeneity,
    WinEstimate,
    homogeneity,
    matched_win_ratio,
    net_benefit,
    win_odds,
    win_ratio,
)

__all__ = [
    "Comparison",
    "EventTime",
    "Homogeneity",
    "Level",
    "Pairs",
    "Score",
    "WinEstimate",
    "compare",
    "compare_values",
    "finkelstein_schoenfeld",
    "homogeneity",
    "matched_win_ratio",
    "net_benefit",
    "win_odds",
    "win_ratio",
]
