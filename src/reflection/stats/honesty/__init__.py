"""Which claims may be made, and whether intervals and odds hold."""
