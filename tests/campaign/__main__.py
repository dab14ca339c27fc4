"""``python -m tests.campaign``: attempts to break everything, for a given time and seed."""

from __future__ import annotations

import random
import sys
import time
from pathlib import Path

import click

from tests.campaign import answers, degenerate, engines, kills, liars, mutants, names
from tests.campaign.figures import write
from tests.campaign.trial import Attempt, Outcome, Plan, run

PARTS: dict[str, Attempt] = {
    "mutants": mutants.attempt,
    "names": names.attempt,
    "engines": engines.attempt,
    "degenerate": degenerate.attempt,
    "liars": liars.attempt,
    "kills": kills.attempt,
    "answers": answers.attempt,
}


@click.command()
@click.option("--minutes", default=5.0, show_default=True, help="How long, all parts together.")
@click.option("--seed", type=int, default=None, help="Where random numbers come from; without one a new one is drawn.")
@click.option("--only", type=click.Choice(list(PARTS)), multiple=True, help="Only this part; may be repeated.")
@click.option("--attempt", type=int, default=None, help="Only this attempt of the part.")
@click.option("--attempts", type=int, default=None, help="So many attempts of each part, however long they take.")
@click.option("--page", type=click.Path(path_type=Path), help="Write the figures into this page, docs/campaign.md.")
@click.option("--keep", default="build/campaign", show_default=True, help="Where what failed is kept.")
def main(
    minutes: float,
    seed: int | None,
    only: tuple[str, ...],
    attempt: int | None,
    attempts: int | None,
    page: Path | None,
    keep: str,
) -> None:
    """Run the parts in turn, say how they ended, and keep what shows a failure; exit code 1 if there is any."""
    drawn = random.SystemRandom().randrange(10**9) if seed is None else seed
    click.echo(f"seed {drawn}")
    plan = Plan(drawn, Path(keep), attempt, attempts)
    names_of_parts = only or tuple(PARTS)
    end, outcomes = time.monotonic() + 60 * minutes, list[Outcome]()
    for number, name in enumerate(names_of_parts):
        share = (end - time.monotonic()) / (len(names_of_parts) - number)
        outcome = run(name, PARTS[name], plan, share)
        click.echo(str(outcome))
        for kind, times in outcome.failed.most_common():
            click.echo(f"  {times:,} times: {kind}")
        outcomes.append(outcome)
    if page:
        write(page, outcomes, drawn)
    failed = sum(outcome.failed.total() for outcome in outcomes)
    if failed:
        click.echo(f"what shows the failures is in {keep}")
    click.echo(f"{sum(outcome.ended.total() for outcome in outcomes)} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
