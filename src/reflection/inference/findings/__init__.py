"""Findings from what was learnt: audiences, creatives, budget, platforms, clusters. Pure; no learning happens here."""
