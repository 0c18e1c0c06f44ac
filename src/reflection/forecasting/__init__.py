"""The planner's systematic error, our own forecast, and a plan's odds.

Pure; must not know stores, and not what was advised.
"""
