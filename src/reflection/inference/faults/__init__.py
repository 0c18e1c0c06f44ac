"""Figures that look wrong: lost conversions, a platform that counts anew. Must not know what is told of them."""
