"""Tables that the database itself keeps append-only. Must not know how a database is told so."""

APPEND_ONLY = ("campaign_revisions", "evidence", "forecasts")
"""Neither changed nor deleted, but with the whole workspace."""
