"""One question to a model server: client, deadline, circuit breaker, token budget.

Must not know what is asked, or why.
"""
