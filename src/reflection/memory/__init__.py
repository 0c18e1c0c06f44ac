"""Semantic memory: what was run before and is like this, and what was learnt that bears on it.

Derived from the store's rows and recreated from them at any time. Embedders, vector indexes and ranking live here; what
a campaign's meaning is, and what a learning is, are the core's (`domain.memory_text`, `learnings`).
"""
