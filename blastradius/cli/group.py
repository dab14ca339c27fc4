"""The group of commands: each is imported when it runs, so that ``--help`` stays quick."""

from __future__ import annotations

import importlib

import click

from blastradius.errors import did_you_mean

_OWN = {
    "batch": "Ask many questions of an estate that is loaded once",
    "check": "What the sources came to, and what is loose in them",
    "completion": "Print the completion script of a shell",
    "diff": "Compare two estates: what a change adds and takes away",
    "demo": "Answer the board's question for the example and draw it",
    "draw": "Draw how far a scenario reaches",
    "explore": "Write one page in which every what-if is answered",
    "export": "Write an estate in the format of another tool",
    "init": "Write a first workspace file for the files in a folder",
    "loaders": "List the formats that can be read",
    "pull": "Write the snapshot of an estate in a database",
    "push": "Push an estate into a database, all of it or nothing",
    "queries": "List the questions that can be asked",
    "snapshot": "Keep an estate as it is today, to compare a later one with",
    "status": "Say which estates a database keeps",
    "schema": "Print the JSON Schema of estate or workspace files",
}
_ROOMS = {
    "batch": "batching",
    "check": "check_init",
    "diff": "diffing",
    "explore": "exploring",
    "export": "exporting",
    "snapshot": "exporting",
    "init": "check_init",
} | dict.fromkeys(("pull", "push", "status"), "shared_estates")
"""The modules of commands that do not stand in ``commands``."""
_JOURNEY = {
    "Begin": ("demo", "init", "check"),
    "Ask": (
        *("brief", "inventory", "dependence", "governance", "rank", "reach", "explain", "exposure", "levers"),
        *("controls", "cut", "contain", "joint", "scenarios", "exercise"),
        *("grant", "diff", "overgrant", "verify", "seen", "batch"),
    ),
    "Take along": ("explore", "draw", "export", "snapshot"),
    "Share": ("push", "pull", "status"),
    "Look up": ("queries", "loaders", "schema", "completion"),
}
"""The commands in the order in which a user meets them; other questions follow those of ``Ask``."""


class LazyGroup(click.Group):
    """Commands by name: the tool's own, and one for every question found."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """The names of all commands, in the order of a user's journey."""
        return [name for names in _sections().values() for name in names]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """One command; only what it needs is imported."""
        questions = _names()
        if cmd_name in _OWN:
            module = importlib.import_module(f"blastradius.cli.{_ROOMS.get(cmd_name, 'commands')}")
            found: click.Command = getattr(module, f"{cmd_name}_command")
            return found
        from blastradius.plugins import ALIASES

        name = ALIASES.get(cmd_name, cmd_name)
        if name in questions:
            from blastradius.cli.question_command import question_command

            return question_command(name)
        return None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that the first argument names.

        Raises:
            UsageError: there is none, and which one may be meant.
        """
        name = args[0]
        if not (name.startswith("-") or ctx.resilient_parsing or _is_known(name)):
            way_out = did_you_mean(name, self.list_commands(ctx), "blastradius --help lists them")
            ctx.fail(f"no command is called {name!r}{way_out}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List the commands by their one-line titles, without importing them."""
        titles = {**_titles(), **_OWN}
        for section, names in _sections().items():
            with formatter.section(section):
                formatter.write_dl([(name, titles[name]) for name in names])


def _is_known(name: str) -> bool:
    """Whether a command is called so, now or formerly; none is imported."""
    from blastradius.plugins import ALIASES

    return ALIASES.get(name, name) in {*_OWN, *_names()}


def _sections() -> dict[str, list[str]]:
    sections = {section: [name for name in names if name in _OWN] for section, names in _JOURNEY.items()}
    known, found = _JOURNEY["Ask"], _names()
    there = [name for name in known if name in found or name in _OWN]
    sections["Ask"] = [*there, *(name for name in found if name not in known)]
    return sections


def _names() -> list[str]:
    from blastradius.plugins import QUERIES

    return QUERIES.names(taken=_OWN)


def _titles() -> dict[str, str]:
    from blastradius.plugins import QUERIES

    return QUERIES.titles()
