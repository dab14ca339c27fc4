"""The group of commands: each is imported when it runs, so that ``--help`` stays quick."""

from __future__ import annotations

import importlib

import click

_OWN = {
    "check": "What the sources came to, and what is loose in them",
    "completion": "Print the completion script of a shell",
    "demo": "Answer the board's question for the example and draw it",
    "draw": "Draw how far a scenario reaches",
    "export": "Write an estate in the format of another tool",
    "init": "Write a first workspace file for the files in a folder",
    "loaders": "List the formats that can be read",
    "queries": "List the questions that can be asked",
    "schema": "Print the JSON Schema of estate or workspace files",
}
_ROOMS = {"check": "check_init", "export": "exporting", "init": "check_init"}
"""The modules of commands that do not stand in ``commands``."""


class LazyGroup(click.Group):
    """Commands by name: the tool's own, and one for every question found."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """The names of all commands, sorted."""
        return sorted({*_OWN, *_names()})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """One command; only what it needs is imported."""
        questions = _names()
        if cmd_name in _OWN:
            module = importlib.import_module(f"blastradius.cli.{_ROOMS.get(cmd_name, 'commands')}")
            found: click.Command = getattr(module, f"{cmd_name}_command")
            return found
        if cmd_name in questions:
            from blastradius.cli.question_command import question_command

            return question_command(cmd_name)
        return None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands by their one-line titles, without importing them."""
        titles = {**_titles(), **_OWN}
        with formatter.section("Commands"):
            formatter.write_dl([(name, titles[name]) for name in self.list_commands(ctx)])


def _names() -> list[str]:
    from blastradius.plugins import QUERIES

    return QUERIES.names(taken=_OWN)


def _titles() -> dict[str, str]:
    from blastradius.plugins import QUERIES

    return QUERIES.titles()
