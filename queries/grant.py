"""What is proposed before it is granted: new reach at each level, what it breaks, which smaller grant would do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field, ValidationError

from blastradius.answer import Answer, Query
from blastradius.engine import Assumption, plain, what_if
from blastradius.errors import UsageError
from blastradius.estate import Estate
from blastradius.loaderkit.contract import Loaded
from blastradius.model import Kind, Party
from blastradius.reports.grant_case import Case, Found, found_by_case, found_by_key
from blastradius.reports.grant_data import FailOn, GrantData, broken_by, counted, jewels_of, proposed_rows, rows_of
from blastradius.reports.grant_holds import Granted
from blastradius.reports.grant_page import headline, lines, refusals, tables
from blastradius.reports.grant_picture import picture_of_grant
from blastradius.reports.grants import KEY, Asked
from blastradius.reports.impact import is_audited
from blastradius.reports.proposed import additions, laid_over, one_key
from blastradius.reports.rows import model_row
from blastradius.reports.silence import silent


class Params(Assumption):
    """Who would hold a key, and what it would grant."""

    holder: str | None = Field(None, description="the party or service that is to hold the key")
    new_partner: str | None = Field(None, description="a partner that is not in the estate yet, to hold the key")
    grant: tuple[str, ...] = Field((), description="a scope or operation to be granted; may be repeated")
    proposal: Loaded | None = Field(
        None,
        description="an estate file, or another estate, whose additions are proposed; no holder, key and grant then",
    )
    needs: tuple[str, ...] = Field((), description="an operation that has to be called: proposes the smallest grants")
    key: str | None = Field(None, description="a credential that the holder has already [default: a new one]")
    assume: Literal["granted", "abused", "takeover", "lateral"] = Field(
        "lateral", description="how much of the attacker to assume, cumulative"
    )
    fail_on: FailOn = Field(
        "jewel",
        description="exit with 1 where a crown jewel, anything, or anything at a level or below is newly reached; "
        "and where an expectation breaks, unless never",
    )


def run(estate: Estate, params: Params) -> Answer:
    """Compare what is reached before and after; findings by what ``fail_on`` asks for.

    Raises:
        UsageError: the holder, the key, a grant or a need is not in the estate, or not of the right kind; or a proposal
            changes what the estate states, or says nothing new.
    """
    found = _by_key(estate, params) if params.proposal is None else _by_proposal(estate, params, params.proposal)
    rows = rows_of(found.after, found.added)
    broken = broken_by(*found.systems, found.new)
    granted = Granted(found.systems[1], found.scenarios, found.added)
    holds, tried, untried = granted.holds(params.level)
    because = refusals(found.after, params.fail_on, rows, broken, is_unserved=found.is_unserved)
    data = GrantData(
        question="grant",
        headline="",
        holder=found.holder,
        is_new=found.holder is not None and found.holder not in estate.entities,
        key=found.key,
        proposed=proposed_rows(found.after, found.new),
        starts=len(found.scenarios),
        grants=found.grants,
        needs=found.needs,
        assume=params.assume,
        distrusted=params.distrust,
        entities=len(counted(rows)),
        crown_jewels=jewels_of(rows),
        added=tuple(rows),
        parts=found.parts,
        broken=tuple(broken),
        smaller=found.smaller,
        ways=granted.ways(rows),
        holds=holds,
        holds_tried=tried,
        holds_untried=untried,
        unsaid=silent(found.after, {row.entity for row in rows}),
        fail_on=params.fail_on,
        fails=bool(because),
        because=tuple(because),
        checked=is_audited(found.after),
        model=model_row(found.before),
    )
    data = data.model_copy(update={"headline": headline(found.after, data)})
    return Answer(
        question="grant",
        headline=data.headline,
        data=data,
        tables=tuple(tables(found.after, data)),
        lines=tuple(lines(found.before, found.after, data)),
        notes=found.before.notes,
        findings=data.fails,
        painted=lambda: picture_of_grant(found),
    )


def _by_key(estate: Estate, params: Params) -> Found:
    """What flags propose."""
    laid = _with_partner(estate, params)
    params = _resolved(laid, params)
    asked = Asked(str(params.holder), params.key, plain(params.asked))
    return found_by_key(estate, what_if(laid, params.asked), asked, params.grant, params.needs)


def _by_proposal(estate: Estate, params: Params, stated: Loaded) -> Found:
    """What a file or another estate proposes."""
    if params.holder or params.new_partner or params.grant or params.key:
        raise UsageError("--proposal says who holds what; leave out --holder, --new-partner, --grant and --key")
    estate.require(_named_in(stated))
    new = additions(estate, stated)
    after = laid_over(estate, new)
    needs = _operations(after, params.needs)
    one = one_key(estate, new)
    if one is not None:
        asked = Asked(one.holder, one.key, plain(params.asked), one.new, one.relations)
        return found_by_key(estate, what_if(one.estate, params.asked), asked, one.grants, needs)
    estate.require_whole()  # it may let in anybody
    before = what_if(estate, params.asked)
    return found_by_case(Case(before, laid_over(before, new), new, plain(params.asked)), needs)


def _named_in(stated: Loaded) -> Iterator[str]:
    """The things that a proposal speaks of."""
    yield from (entity.id for entity in stated.entities)
    yield from (name for relation in stated.relations for name in (*relation.sources, *relation.targets))


def _with_partner(estate: Estate, params: Params) -> Estate:
    """The estate with the new partner in it."""
    name = params.new_partner
    if (name is None) == (params.holder is None):
        raise UsageError("a grant is to one holder; name it with --holder, or with --new-partner if it is not here yet")
    if name is None:
        return estate
    if _is_there(estate, name):
        raise UsageError(f"new partner: {name!r} is in the estate already; name it with --holder")
    try:
        return estate.changed(entities=(Party(id=name),))
    except ValidationError:
        raise UsageError("new partner: an id has 1 to 500 characters") from None


def _is_there(estate: Estate, name: str) -> bool:
    return any(name in (entity.id, entity.label) for entity in estate.entities.values())


def _holder(estate: Estate, name: str) -> str:
    try:
        return _named(estate, "holder", name, (Kind.PARTY, Kind.SERVICE))
    except UsageError as error:
        if _is_there(estate, name):
            raise
        raise UsageError(f"{error}; name a partner who is not here yet with --new-partner") from None


def _resolved(estate: Estate, params: Params) -> Params:
    """The same question by ids."""
    if not params.grant and not params.needs:
        raise UsageError("nothing is said to be granted; name it with --grant, or what has to be called with --needs")
    estate.require([KEY])
    if params.key is None and KEY in estate.entities:
        raise UsageError(f"the estate has an entity {KEY!r}; name the key with --key")
    holder = params.new_partner or _holder(estate, str(params.holder))
    found = {
        "holder": holder,
        "grant": tuple(_named(estate, "grant", grant, (Kind.SCOPE, Kind.OPERATION)) for grant in params.grant),
        "needs": _operations(estate, params.needs),
        "key": params.key and _named(estate, "key", params.key, (Kind.CREDENTIAL,)),
    }
    return params.model_copy(update=found)


def _operations(estate: Estate, needs: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_named(estate, "needs", need, (Kind.OPERATION,)) for need in needs))


def _named(estate: Estate, word: str, name: str, kinds: tuple[Kind, ...]) -> str:
    try:
        return estate.resolve(name, kinds)
    except UsageError as error:
        raise UsageError(f"{word}: {error}") from None


QUERY = Query(
    "grant",
    "A grant before it is granted: new reach, broken rules, smaller grants",
    Params,
    run,
    GrantData,
    finds=True,
    draws=True,
    about_one=True,
    main="added",
    example="--new-partner newco --grant orders:customers.read --needs orders:getCustomer",
    spreads=True,
)
