"""What the evidence cannot tell apart, and what was never recorded. Must not know which sentences say so."""
