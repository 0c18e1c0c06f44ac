"""The version: the package, the commands and the interface take it from here."""

__version__ = "1.0.0"
