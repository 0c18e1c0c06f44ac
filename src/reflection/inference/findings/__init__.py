"""Findings from posteriors: audiences, creatives, budget, platforms, clusters. Must not know how a fit is made."""
