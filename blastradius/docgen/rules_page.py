"""The pages on the rules: one sentence a rule, to be read aloud, and what each relation carries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from blastradius.model import SIGNATURES, Capability, ControlKind, Ends, Level, Verb
from blastradius.rules import CLOSURE, RULES, Flow, Rule

_TOGETHER = {
    "*spent*": "revoked rotated expired",
    "*bound*": "ip_allowlist token_binding device_policy",
    "*checked*": "validated quarantined human_review second_source insensitive",
}
"""Controls that stand together in many rules, under one word."""
_COLUMNS = {
    "control": "control",
    "steer": "steer",
    "use": "use",
    "keys": "operate possess",
    "reads": "read read_subset",
    "changes": "write",
    "wrong": "taint",
    "stops": "deny",
    "slows": "degrade",
}
"""What a relation can carry, in a word, and the capabilities that it stands for."""
_IMPLIED = {
    "in_api": "operations of one `api`",
    "in_flat_zone": "services of one flat zone",
    "through": "`calls` what `writes`",
    "key_of_call": "a key of `calls`",
}
"""What joins things and is no relation of its own."""
_ARROWS = {("to",): "→", ("from",): "←", ("from", "to"): "↔"}


def rules() -> str:
    """The rule table: two pages that can be read aloud."""
    words = "; ".join(f"{word} is {', '.join(_spelled(kinds))}" for word, kinds in _TOGETHER.items())
    lines = [
        "# The rule table\n",
        "How compromise, bad data and failure travel, one sentence a rule. Each level includes those before it. A "
        "control "
        f"stops a step where it stands ([where](relations.md), [what each means](controls.md)): {words}.\n",
        "| level | in words |\n|---|---|",
        *(f"| {int(level)} `{level.word}` | {level.says} |" for level in Level),
        "\n| rule | level | says | stopped by | known as |\n|---|---|---|---|---|",
        *map(_rule, RULES),
        f"\nOn the same thing, {_closure()}.\n",
    ]
    return "\n".join(lines)


def _rule(rule: Rule) -> str:
    stopped = ", ".join(_folded(dict.fromkeys(kind for flow in rule.flows for kind in _kinds(flow)))) or "fail_closed"
    says = rule.says[0].upper() + rule.says[1:]
    return f"| {rule.id} | {int(rule.level)} | {says}. | {stopped} | {', '.join(rule.refs)} |"


def _folded(kinds: Iterable[str]) -> Iterator[str]:
    """Names of controls, those that stand together under their word."""
    left = set(kinds)
    for word, together in _TOGETHER.items():
        if left >= set(together.split()):
            left -= set(together.split())
            yield word
    yield from (kind for kind in kinds if kind in left)


def _closure() -> str:
    parts: dict[Capability, list[Capability]] = {}
    for whole, part in CLOSURE:
        parts.setdefault(whole, []).append(part)
    return "; ".join(f"`{whole}` includes {', '.join(_spelled(held))}" for whole, held in parts.items())


def _spelled(names: str | Iterable[str]) -> list[str]:
    return [f"`{name}`" for name in (names.split() if isinstance(names, str) else names)]


def relations() -> str:
    """What may stand at the ends of each relation, what it carries, and every step along it."""
    along: dict[str, list[tuple[Rule, Flow]]] = {}
    for rule in RULES:
        for flow in rule.flows:
            along.setdefault(flow.along, []).append((rule, flow))
    carried = {f"`{verb}`": along.get(verb, []) for verb in Verb}
    carried |= {words: along[name] for name, words in _IMPLIED.items() if name in along}
    lines = [
        "# The relations\n",
        "| verb | from | to |\n|---|---|---|",
        *(f"| `{verb}` | {_end(ends, 'sources')} | {_end(ends, 'targets')} |" for verb, ends in SIGNATURES.items()),
        "\n## What each carries\n",
        "→ reaches what the relation points to, ← what it comes from, ↔ both. *control*: they have it. *steer*: it "
        "does what "
        "they want. *use*: they may call it. *keys*: they have or can use a key. *reads*, *changes*: they see it, "
        "choose "
        "what it says. *wrong*, *stops*, *slows*: so it is with what is reached. A number is the level from which on "
        "it is so, "
        "where that is not 1. An empty row carries nothing.\n",
        f"| along | {' | '.join(_COLUMNS)} |\n|---{'|---' * len(_COLUMNS)}|",
        *(f"| {name} | {' | '.join(_carries(rows))} |" for name, rows in carried.items()),
        "\n## Every step\n",
        "What must hold at one end → what follows at the other. `every` needs all sources together, `whole` all that "
        "lead there, `lost` too few suppliers left, `any` one of a group, `quorum` so many votes. Controls count on "
        "the "
        "relation, and where it says so on what is at its ends.\n",
        "| rule | level | step | where | stopped by |\n|---|---|---|---|---|",
        *(_step(rule, flow) for rows in along.values() for rule, flow in rows),
        "",
    ]
    return "\n".join(lines)


def _end(ends: Ends, side: str) -> str:
    kinds = ", ".join(sorted(getattr(ends, side)))
    several = (side == "sources" and ends.joint) or (side == "targets" and ends.group)
    return f"{kinds} (one or several)" if several else kinds


def _carries(rows: Iterable[tuple[Rule, Flow]]) -> list[str]:
    """For each column an arrow, at which ends something of the kind arrives, and the level from which on it does."""
    since: dict[str, dict[str, Level]] = {column: {} for column in _COLUMNS}
    for rule, flow in rows:
        end, held = flow.gives
        for column in (column for column, kinds in _COLUMNS.items() if held in kinds.split()):
            since[column][end] = min(_level(rule, flow), since[column].get(end, Level.LATERAL))
    return [_arrow(ends) for ends in since.values()]


def _level(rule: Rule, flow: Flow) -> Level:
    return flow.level or rule.level


def _arrow(ends: dict[str, Level]) -> str:
    levels = set(ends.values())
    if len(levels) > 1:
        return " ".join(_arrow({end: ends[end]}) for end in sorted(ends))
    arrow = _ARROWS.get(tuple(sorted(ends)), "")
    return arrow if levels <= {Level.GRANTED} else f"{arrow} {int(min(levels))}"


def _step(rule: Rule, flow: Flow) -> str:
    where = [*flow.when, *(f"from {kind}" for kind in sorted(flow.source_kinds))]
    where += [f"to {kind}" for kind in sorted(flow.target_kinds)]
    where += [flow.also.replace("_", " ")] if flow.also else []
    where += ["after the buffer"] if flow.waits else []
    stopped = ", ".join(_folded(_kinds(flow)))
    return f"| {rule.id} | {int(_level(rule, flow))} | `{flow}` | {', '.join(where)} | {stopped} |"


def _kinds(flow: Flow) -> list[ControlKind]:
    return [kind for stop in flow.stops for kind in stop.kinds]
