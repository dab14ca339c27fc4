"""What every command has: an example at the end of its help, and a word for whoever mistypes an option."""

from __future__ import annotations

from typing import Any

import click

_MEANT = {
    "--level": "--assume",
    "--levels": "--assume",
    "--party": "--compromise",
    "--partner": "--compromise",
    "--start": "--compromise",
    "--target": "--entity",
    "--json": "--format",
    "--csv": "--format",
    "--markdown": "--format",
    "--html": "--format",
    "--picture": "--draw",
}
"""Options that people try, and what they are called here."""


class Command(click.Command):
    """A command that knows what is meant by an option that it does not have."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the arguments.

        Raises:
            UsageError: among others for an option that it does not have, with the one that is meant.
        """
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            meant = _MEANT.get(error.option_name)
            if meant is None or not any(meant in param.opts for param in self.params):
                raise
            raise click.UsageError(f"{error.message.rstrip('.')}; did you mean {meant!r}?", ctx) from None


def example(arguments: str) -> dict[str, Any]:
    """The end of a command's help: what it looks like, to be copied."""
    return {"epilog": f"\b\nExample:\n  blastradius {arguments}"}
