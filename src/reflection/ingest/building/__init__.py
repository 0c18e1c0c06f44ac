"""Rows to campaigns: identity, grouping, conversions, expected figures.

Must not know where campaigns go.
"""
