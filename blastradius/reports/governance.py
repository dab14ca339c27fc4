"""How third parties are governed, as sources keep it: who answers for them, how weighty they are, until when."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from blastradius.answer import UNKNOWN, Row, Table
from blastradius.estate import Estate
from blastradius.model import Frozen, Party
from blastradius.reports.words import label

CRITICALITY, LAST_REVIEW, CONTRACT_END = "criticality", "last review", "contract end"
_OWN_COLUMNS = (CRITICALITY, LAST_REVIEW, CONTRACT_END)


class GovernedRow(Frozen):
    """One party and what is kept beside it; ``ended`` is whether its contract is over on the day of the estate."""

    party: str
    name: str
    owner: str | None
    contract_end: str | None
    ended: bool
    governance: dict[str, str]


def governed(estate: Estate, parties: Iterable[str]) -> tuple[GovernedRow, ...]:
    """What is kept beside these parties, in their order; nothing where no source keeps anything beside any of them."""
    found = [party for name in parties if isinstance(party := estate.entities[name], Party)]
    if not any(party.governance for party in found):
        return ()
    return tuple(
        GovernedRow(
            party=party.id,
            name=label(estate, party.id),
            owner=party.owner,
            contract_end=party.contract_end,
            ended=party.contract_end is not None and party.contract_end < estate.day,
            governance=party.governance,
        )
        for party in found
    )


def governance_table(rows: Sequence[GovernedRow], most: int) -> Table:
    """The rows as a table; ``most`` are shown at first. What no source says is unknown."""
    columns = ("id", "party", "owner", CRITICALITY, CONTRACT_END, LAST_REVIEW, "also said")
    cells = tuple(map(_cells, rows))
    title = "How they are governed, as far as the sources say"
    return Table("governance", title, columns, cells, ids=("id",), brief=cells[:most], under=("also said",))


def _cells(row: GovernedRow) -> Row:
    words = row.governance
    end = words.get(CONTRACT_END, row.contract_end)
    end = f"{end} (over)" if row.ended else end
    more = "; ".join(f"{key}: {text}" for key, text in words.items() if key not in _OWN_COLUMNS)
    stated = (row.owner, words.get(CRITICALITY), end, words.get(LAST_REVIEW))
    return (row.party, row.name, *(UNKNOWN if text is None else text for text in stated), more)
