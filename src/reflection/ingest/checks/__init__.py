"""Does the file agree with itself, with the calendar and with what was read before?

Must not change a row: checks report.
"""
