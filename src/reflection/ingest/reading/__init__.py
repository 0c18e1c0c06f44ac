"""Bytes to a typed table: archives, encodings, sheets, the header, dates and numbers.

Must not know platforms or campaigns.
"""
