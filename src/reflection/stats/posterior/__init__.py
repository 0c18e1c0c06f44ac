"""From sums to posteriors: variance components, effects, draws, and what they foretell."""
