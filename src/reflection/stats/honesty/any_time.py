"""What may be said although somebody looks after every campaign: the chance of a false word over a whole life.

Whoever looks often enough finds something in nothing: at a level of 10 % a look, three accounts of ten in which
nothing has an effect show a "finding" within 40 campaigns. Here everything is bounded at every look together. All
bounds are functions of what is there, not of how often anybody looked, so that learning stays a fold over a set.

- A Bayes factor against "nothing there" is, where nothing is there, a martingale of mean one: the chance that it ever
  reaches c, whenever and however often somebody looks, is at most 1/c (Ville 1939). That takes both models at the best
  of their own (bayes_factors.py), and the same ones at every look: walks whose parts grow with time are close to it.
- Where only a p-value is at hand, the level at n campaigns is ``share * first / (n (n + 1))``: over all n >= first that
  adds up to ``share`` (alpha spending over evidence).
- Of things that come one after the other and are judged by what each of them is (campaigns by what they cost), each is
  a new chance once: at a level a look the chance over N of them is at most about ``level (1 + log(N / 5))``.

This file must not know what a finding is about.
"""

from __future__ import annotations

import numpy as np

OF_SIGNALS, OF_TRENDS, OF_GROUPS, OF_TEXTS = 0.04, 0.005, 0.01, 0.005
"""How likely an account in which nothing is there may ever be told of a signal's effect, of what moved or wears out,
of a group of campaigns, of what a trait of texts does. What is truly so passes the narrow ones too."""

OF_PLANNERS = 0.01
"""The same of a planner whose plans are off to one side."""

OF_DAYS = 0.001
"""The same of what days of the week do, as daily rows of imports show it, within the 120 days that these go back."""

OF_MONTHS = 0.0005
"""The same of what one month does to all campaigns alike: each month is a new chance."""

OF_WASTE = 0.01
"""The same of a wasteful campaign, at one look; over 120 campaigns 4 in 100, so that all together are one in ten."""


def log_factor_needed(share: float, tests: int) -> float:
    """Log Bayes factor from which one of ``tests`` is believed, so that all of them ever err with at most ``share``."""
    return float(np.log(tests / share))


def level_at(count: int, first: int, share: float) -> float:
    """Level of a test at ``count`` campaigns (>= ``first``); over all counts they add up to ``share``."""
    return share * first / (count * (count + 1.0))
