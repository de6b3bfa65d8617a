"""Statistical functions over numbers, arrays and frames, one family a module.

They know nothing of the trial, of files or of formatting. What they return is at full precision and in the units of
what they were given. Importing this package is cheap; pingouin is imported by the functions that use it.
"""

from helpers.stats._types import REASONS, Contrast, Correlation, Estimate, Interval

__all__ = ["REASONS", "Contrast", "Correlation", "Estimate", "Interval"]
