"""Words: deterministic sentences from facts, a language model behind a gate, and answers to questions.

Must not know where facts are stored nor who serves the words. Numbers are rendered here and nowhere invented.
"""
