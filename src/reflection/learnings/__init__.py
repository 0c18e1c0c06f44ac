"""Claims with a state, a history and a change point: what a workspace may rely on, and since when.

Pure; must not know how they are stored or shown.
"""
