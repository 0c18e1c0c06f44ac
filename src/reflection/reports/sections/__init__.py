"""Sections that several reports share, one file a subject."""
