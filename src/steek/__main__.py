"""`python -m steek`: the same as the command `steek`."""

from steek.cli import main

main()
