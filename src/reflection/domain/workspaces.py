"""Names of workspaces: the one that callers get who name none, and what a name may look like. Knows nothing else."""

import re

DEFAULT_WORKSPACE = "default"
ANY_WORKSPACE = "*"
"""Stands for a workspace where a key opens any."""

WORKSPACE_NAME = re.compile(r"^[a-z0-9][a-z0-9_-]{0,62}$")
"""Lower-case letters, digits, - and _, at most 63: safe in folders, headers and collection names."""
