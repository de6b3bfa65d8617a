"""Parts of `truth_recovery`: simulated trials, the truth behind them, exact coverage, and the report."""

import os

# before numpy is imported anywhere: each process of the simulation uses one core
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
