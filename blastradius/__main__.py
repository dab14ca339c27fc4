"""``python -m blastradius``."""

from blastradius.cli import run

run()
