"""The commands of `reflection`, one file per subject; `reflection.cli.main` lists them.

A command reads its options, asks the engine and prints the answer. Must not know statistics, SQL or business rules.
"""
