"""`python -m reflection.cli` is `reflection`."""

from reflection.cli.main import main

main()
