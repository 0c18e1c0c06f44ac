"""The HTTP door: turns requests into the engine's verbs, and its answers and errors into HTTP.

One router per subject in `routers/`, one table of who may call what in `policies.py`. Knows wiring and
settings; must not know statistics, SQL or business rules.
"""
