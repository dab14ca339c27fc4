"""What several reach together that none of them does."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from itertools import combinations
from typing import Any

from blastradius.answer import Answer
from blastradius.engine import plain, what_if
from blastradius.engine.check.spec import spec
from blastradius.errors import UsageError
from blastradius.estate import Estate
from blastradius.model import (
    Basis,
    Fact,
    Kind,
)
from tests.campaign.brute.shared import includes


def joint(estate: Estate, params: Any) -> Any:
    """For each pair, or each set named, the facts of all together less those of each."""
    parties = [it.id for it in estate.of_kind(Kind.PARTY) if getattr(it, "role", None) != "self"]
    sets = [tuple(text.split(",")) for text in params.set] or list(combinations(parties, 2))
    if any(not set(some) <= set(parties) for some in sets):
        raise UsageError("ourselves")
    estate, asked, rows = what_if(estate, params.asked), plain(params.asked), {}

    @cache
    def fall(basis: Basis, *names: str) -> frozenset[Fact]:
        found = spec(estate, asked.model_copy(update={params.fall: names, "basis": basis}))
        return frozenset(fact for fact in found if not getattr(estate.entities[fact.entity], "public", False))

    def more(some: Iterable[str]) -> frozenset[Fact]:
        return fall(asked.basis, *some).difference(*(fall(asked.basis, name) for name in some))

    for some in sets:
        rows[some] = {
            (name, str(it), next(str(basis) for basis in Basis if Fact(name, it) in fall(basis, *some)))
            for name, it in more(some)
            if not any(Fact(name, whole) in more(some) for whole in includes(it))
        }
    further = more(parties).difference(*map(more, sets)) if parties and not params.set else ()
    return {some: row for some, row in rows.items() if row}, sorted({fact.entity for fact in further})


def told_joint(answer: Answer) -> Any:
    data = answer.data.model_dump(mode="json")
    rows = {
        tuple(row["parties"]): {(it["entity"], it["capability"], it["known"]) for it in row["gained"]}
        for row in data["rows"]
    }
    return rows, data["further"] or []
