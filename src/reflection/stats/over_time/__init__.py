"""Levels that move, come round or jump, and the next value of a series."""
