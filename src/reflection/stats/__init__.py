"""The learning core: numbers in, numbers out. It knows no campaign, no currency and no file.

The way through: ``observations`` (counts to log rates) -> ``rows`` (integer evidence) -> ``statistics``
(sums that add and subtract) -> ``effects`` (what signals do, by way of ``layout`` and ``posterior``) ->
``composition`` (CPA, ROAS) -> ``discoveries`` (what may be called a finding). Beside it: ``prediction``,
``drift``, ``experiments``, ``diagnostics``, ``leaving_out``, ``information``.
"""
