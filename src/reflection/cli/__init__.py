"""The commands of `reflection`, one file per subject; `reflection.cli.main` lists them."""
