"""The learning core: numbers in, numbers out. Must not know campaigns, currencies or files.

The way through: `observations` (counts to log rates) -> `design` (integer evidence) -> `sufficient_statistics` (sums
that add and subtract) -> `empirical_bayes` (what signals do, by way of `columns`, `variance_components` and
`gaussian_posterior`) -> `composed_metrics` (CPA, ROAS) -> `false_discovery` (what may be called a finding). Beside it:
`prediction`, `drift` and `movement`, `experiments`, `conformal`, `diagnostics`, `value_of_information`.
"""
