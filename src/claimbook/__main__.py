"""Run the command line with `python -m claimbook`."""

from claimbook.cli import app

app()
