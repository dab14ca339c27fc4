"""Who owns what, which keys open what, and what operations hand out: R1 to R3, R17."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from blastradius.columns.ragged import Flags, Numbers, RaggedArray, distinct
from blastradius.engine.check.rule_instances.instance import Block
from blastradius.engine.check.rule_instances.names import facts
from blastradius.engine.check.rule_instances.view import UNSTOPPED, Ends, Stops, View, single
from blastradius.model import Capability, Kind

C = Capability
SPENT = ("revoked", "rotated", "expired")
_BOUND = ("ip_allowlist", "token_binding", "device_policy")
_SECOND_FACTORS = ("mfa", "hard_mfa")


def ownership(view: View) -> Iterator[Block]:
    """R1."""
    owns = view.rows("owns")
    keys = view.are(view.target(owns), Kind.CREDENTIAL)
    of_keys, of_others = ((C.CONTROL, C.OPERATE), (C.CONTROL, C.POSSESS)), ((C.CONTROL, C.CONTROL), (C.DENY, C.DENY))
    for rows, gains in ((owns[keys], of_keys), (owns[~keys], of_others)):
        owner, owned = view.source(rows), view.target(rows)
        guards = view.guards((view.host(rows), owned), ("compartment",))
        for premise, gain in gains:
            yield view.along("R1", 1, rows, facts(owner, premise), facts(owned, gain), guards)


def held_keys(view: View) -> Iterator[Block]:
    """R2: who controls what holds a key has it; who steers it has those that no call of it is made with."""
    rows, calls = view.rows("holds"), view.rows("calls")
    holder, key = view.source(rows), view.target(rows)
    kept = view.guards((view.host(rows), key), ("non_exportable",))
    yield view.along("R2", 1, rows, facts(holder, C.CONTROL), facts(key, C.OPERATE))
    yield view.along("R2", 1, rows, facts(holder, C.CONTROL), facts(key, C.POSSESS), kept)
    used, count = view.relations.keys.take(calls), view.names.count
    named = view.source(calls)[used.row_ids] * count + used.values
    free = view.are(holder, Kind.SERVICE) & ~np.isin(holder * count + key, named)
    yield view.along("R2", 1, rows[free], facts(holder[free], C.STEER), facts(key[free], C.OPERATE))


def grants(view: View) -> Iterator[Block]:
    """R3: grants of one key, and of several of which each may be had in its own way."""
    rows = view.rows("grants")
    single_ = view.sources.lengths[rows] == 1
    yield from _alone(view, rows[single_])
    yield from _joint(view, rows[~single_])


def _alone(view: View, rows: Numbers) -> Iterator[Block]:
    key, usable = view.source(rows), facts(view.target(rows), C.USE)
    spent = view.guards(_granting(view, rows), SPENT)
    yield view.along("R3", 1, rows, facts(key, C.OPERATE), usable, spent)
    password = view.columns.entities.password[key]
    for some, rule, level, second in _by_second_factor(view, _granting(view, rows), password):
        here = rows[some]
        guards = view.guards(_granting(view, here), (*SPENT, *_BOUND)) | second
        yield view.along(rule, level, here, facts(key[some], C.POSSESS), usable[some], guards)


def _granting(view: View, rows: Numbers) -> tuple[Numbers, ...]:
    """What controls on a grant of one key stand on."""
    return view.host(rows), view.source(rows), view.target(rows)


def _joint(view: View, rows: Numbers) -> Iterator[Block]:
    keys = view.sources.take(rows)
    password = view.columns.entities.password[keys.values]
    passwords = np.bincount(keys.row_ids[password], minlength=len(rows))
    everywhere, nowhere = np.ones(len(keys.values), np.bool_), np.zeros(len(keys.values), np.bool_)
    yield _opened(view, "R3", 1, rows, everywhere, bound=False)
    yield from _copied(view, rows, nowhere, passwords > 0, elsewhere=True)
    place = np.arange(len(keys.values)) - keys.indptr[keys.row_ids]
    for nth in range(int(keys.lengths.max(initial=0))):
        here = np.flatnonzero(keys.lengths > nth)
        own = place == nth
        others = passwords - np.bincount(keys.row_ids[own & password], minlength=len(rows))
        kept = own[keys.lengths[keys.row_ids] > nth]
        yield from _copied(view, rows[here], kept, others[here] > 0, elsewhere=False)
    some = (passwords > 0) & (passwords < keys.lengths)
    yield _opened(view, "R3", 1, rows[some], password[some[keys.row_ids]], bound=True)


def _copied(view: View, rows: Numbers, driven: Flags, passwords: Flags, *, elsewhere: bool) -> Iterator[Block]:
    """Grants of which the keys that are not driven are copied, by the second factors that guard them."""
    owners = view.sources.take(rows).row_ids
    for some, rule, level, second in _by_second_factor(view, (view.host(rows), view.target(rows)), passwords):
        chosen = np.isin(owners, some)
        if elsewhere:
            hosts = (view.host(rows[some]), view.target(rows[some]))
            second |= view.guards(hosts, ("ip_allowlist", "device_policy"))
        yield _opened(view, rule, level, rows[some], driven[chosen], second, bound=True)


def _opened(
    view: View, rule: str, level: int, rows: Numbers, driven: Flags, guards: Stops = UNSTOPPED, *, bound: bool
) -> Block:
    """Grants of several keys, of which some are driven (a flag for each key of each) and the others present."""
    keys, target = view.sources.take(rows), view.target(rows)
    premises = np.where(driven, facts(keys.values, C.OPERATE), facts(keys.values, C.PRESENT))
    guards |= view.guards((view.host(rows), keys, target), SPENT)
    if bound:
        guards |= view.guards((view.host(rows), target), ("token_binding",))
    lists, basis = RaggedArray(keys.indptr, premises), view.relations.basis[rows]
    return view.block(rule, level, lists, facts(target, C.USE), single(rows), guards, basis=basis)


def _by_second_factor(view: View, hosts: Sequence[Ends], passwords: Flags) -> Iterator[tuple[Numbers, str, int, Stops]]:
    """R3, and R3p where a second factor that can be phished is all that guards a password somewhere.

    Each with the places of the instances that it is for.
    """
    yield np.flatnonzero(~passwords), "R3", 1, UNSTOPPED
    guarded = np.flatnonzero(passwords)
    yield guarded, "R3", 1, view.guards(_at(hosts, guarded), _SECOND_FACTORS)
    phishable = view.columns.controls.phishable
    phished = view.have_standing(len(passwords), hosts, "mfa", lambda _, controls: phishable[controls])
    some = np.flatnonzero(passwords & phished)
    hard = view.guards(_at(hosts, some), _SECOND_FACTORS, lambda _, controls: ~phishable[controls])
    yield some, "R3p", 2, hard


def _at(hosts: Sequence[Ends], rows: Numbers) -> list[Ends]:
    return [ends.take(rows) if isinstance(ends, RaggedArray) else ends[rows] for ends in hosts]


def present_keys(view: View) -> Iterator[Block]:
    """Stepping stones of R3 and R13: a key is driven, or there is a copy of it that nothing on it stops."""
    granting = view.rows("grants")
    joint = view.sources.take(granting[view.sources.lengths[granting] > 1]).values
    needed = view.relations.needs.take(view.rows("calls")).values
    keys = distinct(np.concatenate([joint, needed]))
    present = facts(keys, C.PRESENT)
    yield view.block("R3", 1, single(facts(keys, C.OPERATE)), present, hop=0)
    for some, rule, level, second in _by_second_factor(view, (keys,), view.columns.entities.password[keys]):
        guards = view.guards((keys[some],), _BOUND) | second
        yield view.block(rule, level, single(facts(keys[some], C.POSSESS)), present[some], None, guards, hop=0)


def usable_operations(view: View) -> Iterator[Block]:
    """R3a, R3b, R3c: by anyone, by scope, by whoever may use the service."""
    entities, r = view.columns.entities, view.relations
    operations = view.of_kind(Kind.OPERATION)
    public = operations[entities.anonymous[operations]]
    anyone = np.full(len(public), facts(np.array([view.names.internet]), C.ANYONE)[0])
    guards = view.guards((public,), ("ip_allowlist", *SPENT))
    basis = entities.basis[public]
    yield view.block("R3a", 1, single(anyone), facts(public, C.USE), None, guards, basis=basis)
    permits, serves = view.rows("permits"), view.rows("serves")
    scopes, operation = view.sources.take(permits), view.target(permits)
    guards = view.guards((view.host(permits), operation), ("approval",))
    guards |= view.guards((view.host(permits), scopes, operation), SPENT)
    premises, usable = RaggedArray(scopes.indptr, facts(scopes.values, C.USE)), facts(operation, C.USE)
    yield view.block("R3b", 1, premises, usable, single(permits), guards, basis=r.basis[permits])
    rows = serves[~np.isin(view.target(serves), operation)]
    guards = view.guards((view.host(rows), view.target(rows)), ("approval", *SPENT))
    yield view.along("R3c", 1, rows, facts(view.source(rows), C.USE), facts(view.target(rows), C.USE), guards)


def issued(view: View) -> Iterator[Block]:
    """R17: by whoever calls the operation, and by whoever controls it."""
    rows = view.rows("issues")
    hosts = (view.host(rows), view.target(rows))
    scope = view.are(view.target(rows), Kind.SCOPE)
    driven = ~scope & view.have_standing(len(rows), hosts, "non_exportable")
    for gain, some in ((C.USE, scope), (C.POSSESS, ~scope), (C.OPERATE, driven)):
        here = rows[some]
        operation, right, along = view.source(here), view.target(here), view.host(here)
        more = view.guards((along, right), ("non_exportable",)) if gain == C.POSSESS else UNSTOPPED
        checks = view.guards((along, operation, right), ("approval",))
        own = view.others_guards((along, operation), ("approval",)) | view.guards((right,), ("approval",))
        for premise, guards in ((C.USE, checks), (C.CONTROL, own)):
            yield view.along("R17", 1, here, facts(operation, premise), facts(right, gain), guards | more)
