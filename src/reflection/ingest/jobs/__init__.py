"""Imports from file to campaigns: what was asked for, the register of what was taken, the verdict, undoing.

What a file says is read by `reflection.ingest`; here stands what the engine does with it. Knows ports; must
not know adapters but the readers.
"""
