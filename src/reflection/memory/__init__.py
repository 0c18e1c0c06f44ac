"""Semantic memory: what was run before and is like this, and what was learnt that bears on it.

Derived from the store's rows and recreated from them at any time. Embedders, vector indexes and ranking live here. Must
not know what a campaign's meaning is, nor a learning: they are the core's (`domain.memory_text`, `learnings`).
"""
