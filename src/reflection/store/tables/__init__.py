"""The tables of the store, one file a subject; columns and constraints, no statements. The migrations create them.

Every row belongs to a workspace: the column is the first of every key, and every statement names it. Instants are UTC
text of one width (`domain.instants.instant_text`), so that text order is time order.
"""
