"""What is run: ``python -m blastradius``, and the console script."""

import gc
import os


def run() -> None:
    """Run the command line; an interrupt while it is imported is told like any other."""
    # A model is millions of values that live to the end; walking them again and again takes half the time.
    gc.set_threshold(1_000_000, 100, 100)
    try:
        from blastradius.cli import run as command
    except KeyboardInterrupt:
        os.write(2, b"\nblastradius: interrupted\n")
        os._exit(130)
    command()


if __name__ == "__main__":
    run()
