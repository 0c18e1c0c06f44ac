"""Rows as integers, and sums of them that add, subtract and merge without a trace of order."""
