from collections.abc import Sequence
import pandas as pd
def verdict(row): return f"{row['bias_verdict']}/{row['coverage_verdict']}/{row['error_verdict']}"
def all_of(one): return [verdict(r) for _,r in one.table.iterrows()]
def page(found): return ["..."]
