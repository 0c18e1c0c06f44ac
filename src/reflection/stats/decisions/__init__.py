"""From what is known to what to do: what to book, to test, to spend, and what to trust."""
