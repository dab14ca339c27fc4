"""What is run: ``python -m blastradius``, and the console script."""

import os


def run() -> None:
    """Run the command line; an interrupt while it is imported is told like any other."""
    try:
        from blastradius.cli import run as command
    except KeyboardInterrupt:
        os.write(2, b"\nblastradius: interrupted\n")
        os._exit(130)
    command()


if __name__ == "__main__":
    run()
