"""What a pipeline asks of a question that judges: its verdicts as SARIF and JUnit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from blastradius.answer import Answer
from blastradius.cli.completion import files
from blastradius.cli.output import progress

VERDICTS = ("sarif", "junit", "base")
"""The names of the options that ``write_verdicts`` takes."""


def verdict_options() -> tuple[Callable[[Any], Any], ...]:
    """The options of a question whose answers have verdicts."""
    base = "With --sarif: what was there before, a path or REV:path; failures stand where something new lets them in."
    return (
        click.option("--base", metavar="BASE", shell_complete=files, help=base),
        click.option("--junit", metavar="FILE", shell_complete=files, help="Also write the verdicts as JUnit XML."),
        click.option("--sarif", metavar="FILE", shell_complete=files, help="Also write what fails as SARIF 2.1.0."),
    )


def known_before(sarif: str | None, base: str | None) -> frozenset[str] | None:
    """The ids of the relations that the base has; ``None`` where none is named.

    Raises:
        UsageError: a base is named, and nothing is written that it changes.
        InputError: the base cannot be read.
    """
    if base is None:
        return None
    if sarif is None:
        raise click.UsageError("--base: it says where failures stand in SARIF; add --sarif FILE, or leave it out")
    from blastradius.loading.revisions import load_named

    with progress() as report:
        return frozenset(load_named(base, report)[0].relations)


def write_verdicts(answer: Answer, sarif: str | None, junit: str | None, known: frozenset[str] | None) -> None:
    """Write the verdicts to the files that are named."""
    from blastradius.writing import write_atomic

    if sarif is not None:
        from blastradius.render.sarif import as_sarif

        write_atomic(sarif, as_sarif(answer, _version(), known))
    if junit is not None:
        from blastradius.render.junit import as_junit

        write_atomic(junit, as_junit(answer))


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("partner-blastradius")
    except PackageNotFoundError:
        return "0"
