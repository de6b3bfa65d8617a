"""Seven siblings: an endpoint's estimands turned into calls of `stats`, giving result records.

Every function takes the analysis datasets first and keyword-only options, and returns a list of
`helpers.results.Record` with full-precision values and codes: no rounding, no percentage, no string for people.
Contrasts are KP minus VP, intervals 95 %. Where a number cannot be estimated its value is None and its method reads
`<method>:<reason>`, the reasons being the keys of `helpers.stats.REASONS`. Visits are D0, D1, D21, M3, and `all` for
what is followed through study completion.
"""
