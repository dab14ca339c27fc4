"""``python -m blastradius.cli``."""

from blastradius.cli import run

run()
