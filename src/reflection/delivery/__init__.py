"""Delivery: alerts on their way out of the house, guarded, tried again, and given up in the end.

Must not know which events are worth an alert.
"""
