"""The gate in front of a language model: only what evidence carries passes. Pure; must not know models."""
