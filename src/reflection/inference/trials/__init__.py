"""Randomised experiments and studies: as evidence, and by themselves. Must not know the fits."""
