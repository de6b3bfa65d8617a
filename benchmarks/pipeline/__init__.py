"""How long a run takes, held against two baselines, `plain` and `floor`; `make bench` writes `pipeline.md`."""
