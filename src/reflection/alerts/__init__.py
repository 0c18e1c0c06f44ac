"""Alerts: which events are worth a message, in which words, to whom, and when a report is due.

Values only; must not know stores, nor how a message is sent.
"""
