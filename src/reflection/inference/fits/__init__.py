"""From tables to posteriors: of each metric, of all together, of a campaign itself. Must not know findings."""
