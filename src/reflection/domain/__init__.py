"""The words of the field: campaigns, metrics, signals, evidence, plans, forecasts, knowledge, results, ports.

Values and the algebra of metrics, nothing that happens to them. Must not know files, databases, requests or statistics.
"""
