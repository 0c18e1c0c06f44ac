"""Kinds of findings that are about days, plans or campaigns and not about a signal, as `Finding.metadata` names them.

Must not know how any of them is found.
"""

COMMON_MONTH = "month"
"""What one month did to all campaigns alike."""

LASTING_CHANGE = "lasting"
"""What has held for all campaigns alike since some day."""

PLANNER_BIAS = "planner"
"""How far plans of one planner usually are off."""

OF_NO_SIGNAL = ("season", "weekday", COMMON_MONTH, LASTING_CHANGE, "event", PLANNER_BIAS)
"""Kinds that are about days or plans."""

OF_CAMPAIGNS = ("cluster", "budget_inefficiency")
"""Categories of findings that are about campaigns and not about what they have in common."""
