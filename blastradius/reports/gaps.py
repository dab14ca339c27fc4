"""What a register of third parties lacks: what nobody stated, and what is stated and does not fit together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from blastradius.answer import Row, Table
from blastradius.estate import Estate
from blastradius.model import Basis, Credential, Entity, Frozen, Kind, Operation, Verb
from blastradius.reports.governance import CONTRACT_END, CRITICALITY, LAST_REVIEW
from blastradius.reports.surface import Surface, is_live, third_parties
from blastradius.reports.words import label, listed

_ACTS = (Verb.READS, Verb.WRITES, Verb.CONTROLS, Verb.DISABLES, Verb.ISSUES, Verb.CONNECTS)
MOST_NAMED = 4


class GapRow(Frozen):
    """One kind of gap: its ``id``, what is lacking in words, the ids of what lacks it and how many could.

    ``names`` are their display names.
    """

    id: str
    says: str
    things: tuple[str, ...]
    names: tuple[str, ...]
    of: int


def gaps(estate: Estate, surfaces: Sequence[Surface]) -> tuple[GapRow, ...]:
    """Every kind of gap that there is, those of parties first; a kind of which there is none is left out."""
    rows = [*_of_parties(estate, surfaces), *_of_keys(estate, surfaces), *_of_functions(estate, surfaces)]
    rows.append(_unseen(estate))
    return tuple(row for row in rows if row.things)


def _of_parties(estate: Estate, surfaces: Sequence[Surface]) -> Iterator[GapRow]:
    """What is lacking of those with whom we deal; of those behind them nobody keeps a contract."""
    ours = [party for party in third_parties(estate) if party.role != "upstream"]
    bare = {surface.party for surface in surfaces if surface.is_bare}
    needed = {name for relation in estate.by_verb[Verb.DEPENDS_ON] for name in relation.targets}
    ended = {party.id for party in ours if party.contract_end and party.contract_end < estate.day}
    live = {
        surface.party
        for surface in surfaces
        if surface.party in ended and any(is_live(estate, key) for key in surface.keys)
    }
    yield _gap(estate, "ended", "ended, and a key of it works still", (it for it in ours if it.id in live), ours)
    yield _gap(estate, "owner", "nobody here answers for it", (it for it in ours if it.owner is None), ours)
    unsaid = (it for it in ours if it.contract_end is None and CONTRACT_END not in it.governance)
    yield _gap(estate, "contract_end", "end of the contract not stated", unsaid, ours)
    unsaid = (it for it in ours if LAST_REVIEW not in it.governance)
    yield _gap(estate, "last_review", "last review not stated", unsaid, ours)
    nothing = (it for it in ours if it.id in bare - needed)
    unsaid = (it for it in ours if CRITICALITY not in it.governance)
    yield _gap(estate, "criticality", "how critical it is, not stated", unsaid, ours)
    yield _gap(estate, "bare", "nothing is said of what it does for us", nothing, ours)


def _of_keys(estate: Estate, surfaces: Sequence[Surface]) -> Iterator[GapRow]:
    names = sorted({key for surface in surfaces for key in surface.keys if is_live(estate, key)})
    keys = [key for name in names if isinstance(key := estate.entities[name], Credential)]
    endless = (key for key in keys if key.expires is None)
    yield _gap(estate, "key_expiry", "end of the key not stated", endless, keys)


def _of_functions(estate: Estate, surfaces: Sequence[Surface]) -> Iterator[GapRow]:
    """Functions that others call, or that we call of others, of which something is lacking."""
    can_call = {name for surface in surfaces for name in surface.can_call}
    operations = [it for it in estate.of_kind(Kind.OPERATION) if isinstance(it, Operation)]
    exposed = [it for it in operations if it.direction == "exposed" or it.id in can_call]
    consumed = [it for it in operations if it.direction == "consumed"]
    guarded = _guarded(estate)
    unsaid = (it for it in exposed if not it.anonymous and it.id not in guarded)
    yield _gap(estate, "auth", "nobody says which key it asks for", unsaid, exposed)
    touching = {relation.sources[0] for verb in _ACTS for relation in estate.by_verb[verb]}
    idle = (it for it in exposed if it.id not in touching)
    yield _gap(estate, "touches_nothing", "touches nothing, as far as is stated", idle, exposed)
    served = {relation.targets[0] for relation in estate.by_verb[Verb.SERVES]}
    nobodys = (it for it in consumed if it.id not in served)
    yield _gap(estate, "whose", "we call it, and nobody says whose it is", nobodys, consumed)


def _guarded(estate: Estate) -> set[str]:
    """Operations of which it is said which key or scope opens them, themselves or through who serves them."""
    opened = {
        target
        for verb in (Verb.GRANTS, Verb.PERMITS)
        for relation in estate.by_verb[verb]
        for target in relation.targets
    }
    opened |= {relation.targets[0] for relation in estate.by_verb[Verb.SERVES] if relation.sources[0] in opened}
    return opened | {relation.targets[0] for relation in estate.by_verb[Verb.CALLS] if relation.needs}


def _unseen(estate: Estate) -> GapRow:
    """What was observed and stands in nothing that anybody declared."""
    kinds = (Kind.PARTY, Kind.CREDENTIAL, Kind.OPERATION, Kind.FEED)
    observed = [it for kind in kinds for it in estate.of_kind(kind) if Basis.OBSERVED in it.bases]
    unknown = (it for it in observed if Basis.DECLARED not in it.bases)
    return _gap(estate, "undeclared", "seen, and declared by nobody", unknown, observed)


def _gap(estate: Estate, name: str, says: str, lacking: Iterable[Entity], of: Sequence[Entity]) -> GapRow:
    found = list(lacking)
    return GapRow(
        id=name,
        says=says,
        things=tuple(it.id for it in found),
        names=tuple(label(estate, it.id) for it in found),
        of=len(of),
    )


def gap_table(rows: Sequence[GapRow]) -> Table:
    """The gaps, a row a kind."""
    cells = tuple(_cells(row, row.names) for row in rows)
    brief = tuple(_cells(row, row.names, MOST_NAMED) for row in rows)
    columns = ("id", "what is lacking", "number", "of", "of which")
    return Table("gaps", "What is not known, or does not fit", columns, cells, ids=("id",), brief=brief)


def _cells(row: GapRow, names: Sequence[str], most: int | None = None) -> Row:
    return (row.id, row.says, len(row.things), row.of, listed(names, most or len(names)))
