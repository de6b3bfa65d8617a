"""Power, sample size and detectable difference, one design a module.

Most modules have three functions: `power` for given sizes, `size` for a given power and `detectable` for both. Two
arms are the arm of interest and the reference; `ratio` is units in the reference for each unit in the arm. "greater"
means that the arm is above the reference (or the value under test), and a one-sided test spends the whole of `alpha`
on that side. `strict` counts rejections on the wrong side of a two-sided test as power too. Sizes come back whole and
unrounded.
"""
