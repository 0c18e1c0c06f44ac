"""The verbs in order: analyse one campaign or many, when to learn, and the threads it happens in.

Must not know adapters or settings: it speaks to ports.
"""
