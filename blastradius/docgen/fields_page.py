"""The page on the fields of the estate format: what each changes, and what is taken where nothing is said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from blastradius import plugins

REACH, TIME, ANSWERS, CHECK, NOTHING = "reach", "when", "answers", "check", "nothing"
Told = tuple[str, str]
"""What a field changes (one of the words above), and how."""

EVERY: dict[str, Told] = {
    "name": (ANSWERS, "what answers and pictures call it; the id where nothing is said"),
    "zone": (REACH, "services of a flat zone walk to each other; a fallback in the zone of what it replaces counts for "
                    "nothing; a scenario can start from a whole zone"),
    "owner": (ANSWERS, "who answers for it with us; what falls with a party is `owns`"),
    "description": (NOTHING, "for readers; exports carry it"),
    "tags": (NOTHING, "for readers; exports carry them"),
    "controls": (REACH, "what stops steps that lead through it"),
    "basis": (ANSWERS, "how well it is known; what rests on less is left out where `--basis` asks for it"),
    "unknown": (ANSWERS, "what is known not to be known about it: answers that stop there say so"),
    "seen_by": (NOTHING, "what would show it, to whom, within how many hours; for exercises"),
}  # fmt: skip
"""What every entity may say."""

ENTITIES: dict[str, dict[str, Told]] = {
    "PartyShape": {
        "role": (REACH, "what only a party that is not `self` owns is another's: it is broken into at `lateral` alone; "
                        "`self` is no start of `rank`"),
        "contract_end": (CHECK, "keys that are still held after it are a finding"),
        "substitutability": (NOTHING, "for readers; exports carry it"),
        "governance": (NOTHING, "for readers; exports carry it"),
    },
    "CredentialShape": {
        "type": (REACH, "`mfa` and `hard_mfa` guard a `password` and nothing else"),
        "expires": (REACH, "a key that ended before `as_of` is `expired`"),
        "dormant": (CHECK, "a finding"),
        "count": (NOTHING, "how many alike; for readers"),
    },
    "ScopeShape": {
        "justification": (NOTHING, "why it was granted; for readers"),
        "needed": (NOTHING, "whether anybody needs it; for readers"),
        "used": (NOTHING, "whether anybody uses it; for readers"),
    },
    "OperationShape": {
        "api": (REACH, "who may call one operation of an API may try the others, at `abused`"),
        "method": (NOTHING, "for joining sources, and for readers"),
        "path": (NOTHING, "for joining sources, and for readers"),
        "direction": (REACH, "`exposed` and `anonymous` together: strangers can call it"),
        "anonymous": (REACH, "it asks for no key; strangers can call it where it is `exposed`"),
        "public": (ANSWERS, "meant for everybody: left out of counts and headlines"),
    },
    "ServiceShape": {
        "crown_jewel": (ANSWERS, "marked and counted"),
        "public": (ANSWERS, "meant for everybody: left out of counts and headlines"),
        "parts": (REACH, "`complete`: those that are `part_of` it are all there are, so it is read, stops or falls "
                         "when "
                         "all of them do"),
    },
    "StoreShape": {
        "classification": (NOTHING, "for readers; exports carry it"),
        "records": (ANSWERS, "counted where they can be read; unknown where nothing is said, never 0"),
        "crown_jewel": (ANSWERS, "marked and counted"),
        "copy_of": (ANSWERS, "records of copies are counted once; what flows to a copy is `derives_from`"),
        "public": (ANSWERS, "meant for everybody: left out of counts and headlines"),
        "parts": (REACH, "as for a service"),
    },
    "FeedShape": {
        "content": (NOTHING, "for readers; what runs what it takes in says `installs`"),
        "crown_jewel": (ANSWERS, "marked and counted"),
    },
    "ProcessShape": {
        "crown_jewel": (ANSWERS, "marked and counted"),
        "tolerance_h": (ANSWERS, "set beside the hour in which it stops"),
        "weight": (NOTHING, "for readers; exports carry it"),
    },
}  # fmt: skip
"""What each kind of entity may say besides, and besides its relations."""

ITEM: dict[str, Told] = {
    "to": (REACH, "the one thing at the other end"),
    "of": (REACH, "a group at the other end: suppliers of which some must be left (`depends_on`), feeds that vote "
                  "(`consumes`)"),
    "with": (REACH, "`grants`, `permits`: all of these are needed together; `calls`: the keys that the call is made "
                    "with"),
    "extent": (REACH, "`subset`: own rows only; `all` where nothing is said. Of an operation: a service's own read "
                      "is whole"),
    "dependency": (REACH, "what is felt when it is lost: `hard` stops, `soft` slows, `none` nothing. Unsaid "
                          "`depends_on` is "
                          "hard; `calls`, `reads`, `consumes` are soft, and answers say that this was assumed"),
    "buffer_h": (TIME, "a loss is felt when it lasts longer; at once where nothing is said"),
    "at_least": (REACH, "how many of the group must be left; all of them where nothing is said"),
    "capacity_loss": (REACH, "the loss of any one of the group slows"),
    "brittle": (REACH, "wrong input crashes it; chosen input breaks into it"),
    "vote_min": (REACH, "how many live feeds a vote takes; where nothing is said any one wrong feed may decide"),
    "on_bad": (REACH, "what it does with input that it finds wrong: `keep` the last good one (unsaid), `drop` it and "
                      "do "
                      "without, `halt`"),
    "on_missing": (REACH, "what it does without it: `stop` or slow, as `dependency` says (unsaid), or go on with a "
                          "`default`, "
                          "which may be wrong"),
    "obeys": (REACH, "it acts on what the input says: an agent, an approver, a job"),
    "needs": (REACH, "keys that must come with what is asked, for one who can only make the caller do things"),
    "delay_h": (TIME, "how long the step takes, for [`arrivals`](worlds.md#when); no time where nothing is said"),
    "controls": (REACH, "what stops the steps along it"),
    "basis": EVERY["basis"],
    "unknown": EVERY["unknown"],
    "seen_by": EVERY["seen_by"],
}  # fmt: skip
"""What one item of a relation may say."""

TAKES: dict[str, str] = {
    "with": "grants, permits, calls",
    "extent": "reads, writes",
    "dependency": "depends_on, calls, reads, consumes",
    "buffer_h": "depends_on, calls, reads, consumes",
    "at_least": "depends_on",
    "capacity_loss": "depends_on",
    "brittle": "calls, reads, consumes",
    "vote_min": "consumes",
    "on_bad": "calls, reads, consumes",
    "on_missing": "calls, reads, consumes",
    "obeys": "calls, reads, consumes",
    "needs": "calls",
}
"""On which relations a word may stand; a word that is not here may stand on all."""

CONTROL: dict[str, Told] = {
    "kind": (REACH, "[what it stops, and what it does not](controls.md)"),
    "status": (REACH, "`working` (unsaid) and `assumed` stop, `failed` and `absent` do not; answers name what is "
                      "assumed"),
    "provided_by": (REACH, "it falls with what runs it; a fallback or a signature may count for nothing because of who "
                           "provides it"),
    "fails": (REACH, "`open` (unsaid): it falls when its provider is down; `closed`: it does not"),
    "misled": (REACH, "it decides by what its provider says, and falls when that is wrong; `second_source` and "
                      "`out_of_band` "
                      "always do"),
    "phishable": (REACH, "of `mfa`: a code that is typed in, a push that is accepted; stops nothing from `abused` on"),
    "starts_after_h": (TIME, "of a `fallback`: it counts if this is no longer than the buffer; 0 where nothing is "
                             "said"),
    "slower": (REACH, "of a `fallback`: it keeps from stopping, not from slowing"),
    "why": (ANSWERS, "shown where an answer rests on it"),
    "basis": (NOTHING, "how well the control is known; `status` says whether it is relied on"),
}  # fmt: skip
"""What a control in its long form may say."""

REST: dict[str, dict[str, Told]] = {
    "": {
        "blastradius": (NOTHING, "the version of the format, 1"),
        "title": (ANSWERS, "what answers call the estate"),
        "as_of": (
            REACH,
            "the date of the inventory: keys that ended before it are `expired`; today where nothing is said",
        ),
        "clock": (TIME, "how long steps of a rule take, by its id, for [`arrivals`](worlds.md#when)"),
        "zones": (REACH, "the boundaries, and which of them are flat"),
        "apis": (REACH, "API descriptions that are read along with the file"),
        "expect": (CHECK, "what `verify` compares with what is reached"),
        "exercises": (ANSWERS, "what `scenarios` takes as tried: what is reached besides is new"),
    },
    "ZoneShape": {
        "name": EVERY["name"],
        "flat": (REACH, "every service in it can walk to every other, at `lateral`"),
    },
    "ExpectShape": {
        "name": (ANSWERS, "what `verify` calls it"),
        "hours": (TIME, "how long what is out stays so; longer than any buffer where nothing is said"),
        "assume": (REACH, "the level; `abused` where nothing is said"),
        "anyone": (REACH, "starts from strangers"),
        "distrust": (REACH, "controls that are taken not to work"),
        "with": (REACH, "controls that are put in place, each as KIND@ID"),
        "without": (REACH, "relations that are taken away, by id"),
        "reached": (CHECK, "must be reached"),
        "not_reached": (CHECK, "must not be reached"),
        "possible": (NOTHING, "reached by the model, and nobody said that it happened"),
        "out_of_reach": (CHECK, "must not be reached: everything that fits, that of tomorrow too"),
        "stated": (CHECK, "must be stated of what it starts from: owner, review, contract, exit plan; expiry of keys"),
        "accepted": (CHECK, "exceptions, which `verify` counts and which end on a day"),
        "basis": (NOTHING, "how well it is known that this is so"),
        "why": (NOTHING, "for readers"),
    },
    "SelectShape": {
        "role": (REACH, "each party of this role"),
        "tag": (REACH, "each that has the tag; ourselves only where the role says so"),
        "zone": (REACH, "each that lies in the zone"),
        "except": (REACH, "but not these, by id"),
    },
    "KeptShape": {
        "capability": (CHECK, "what must not be possible: one capability, or several"),
        "crown_jewel": (CHECK, "of each crown jewel"),
        "kind": (CHECK, "of each thing of this kind"),
        "tag": (CHECK, "of each that has the tag"),
        "zone": (CHECK, "of each that lies in the zone"),
    },
    "AcceptedShape": {
        "start": (CHECK, "of whom it is accepted, by id; of all that the rule is about where nothing is said"),
        "entity": (CHECK, "what may be reached, by id; all that the rule speaks of where nothing is said"),
        "why": (ANSWERS, "the reason, which `verify` repeats"),
        "owner": (ANSWERS, "who answers for it"),
        "until": (CHECK, "the last day, YYYY-MM-DD; afterwards the rule fails again"),
    },
    "ExerciseShape": {
        "name": (ANSWERS, "what `scenarios` calls it"),
        "date": (ANSWERS, "the day on which it was held; one after `as_of` lies ahead and counts for nothing yet"),
        "hours": (TIME, "how long what was out stayed so; longer than any buffer where nothing is said"),
        "assume": (ANSWERS, "the level that was played; `abused` where nothing is said"),
        "anyone": (ANSWERS, "it started from strangers"),
        "distrust": (ANSWERS, "controls that were taken not to work"),
        "scope": (ANSWERS, "what it was about, by id; all that is reached from where it started unless said"),
    },
}
"""The file itself, zones, expectations and exercises."""
STARTS = ("compromise", "leak", "poison", "wrong", "outage", "breach", "use")
"""The words of an expectation that say where it starts."""

_HEADINGS = {
    "PartyShape": "parties",
    "CredentialShape": "credentials",
    "ScopeShape": "scopes",
    "OperationShape": "operations",
    "ServiceShape": "services",
    "StoreShape": "stores",
    "FeedShape": "feeds",
    "ProcessShape": "processes",
}


def schema_of_files() -> dict[str, Any]:
    """The JSON Schema of an estate file."""
    schema = plugins.LOADERS.shipped()["native"].schema
    return schema() if schema else {}


def page() -> str:
    """The page, without its first line."""
    schema = schema_of_files()
    known = schema["definitions"]
    shapes: dict[str, Any] = {"": schema, **{name: _written_out(shape, known) for name, shape in known.items()}}
    kinds = [(f"`{word}`", shapes[shape], ENTITIES[shape]) for shape, word in _HEADINGS.items()]
    lines = [
        "# The fields of an estate file\n",
        "What each word of [the estate format](estate-format.md) changes: **reach** (what can be reached, or at "
        "which level), "
        "**when** (the hour, and so what a short outage reaches), **answers** (how they are told, counted or marked), "
        "**check** (findings, expectations), or **nothing**. [How do I say …](modelling.md) shows them at work.",
        *_table("Every entity", shapes["PartyShape"], EVERY),
        *_head("Each kind of entity"),
        *(
            _row(f"{heading} `{name}`", shape, name, told)
            for heading, shape, kind in kinds
            for name, told in kind.items()
        ),
        "\nTheir relations are in [the relations](relations.md); an operation that administers something says "
        "`controls_target`, since `controls` are its safeguards.",
        *_table("An item of a relation", shapes["ItemShape"], ITEM, TAKES),
        *_table("A control", shapes["ControlShape"], CONTROL),
        *_table("The file", schema, REST[""]),
        *_table("A zone", shapes["ZoneShape"], REST["ZoneShape"]),
        *_table("An expectation", shapes["ExpectShape"], REST["ExpectShape"]),
        f"\nWhere it starts: {', '.join(f'`{way}`' for way in STARTS)}, as [on the command "
        f"line](../README.md#who-it-serves).",
        *_table("A rule for all: in the place of where it starts", shapes["SelectShape"], REST["SelectShape"]),
        *_table("What is to be kept out of reach, `out_of_reach`", shapes["KeptShape"], REST["KeptShape"]),
        *_table("An exception, `accepted`", shapes["AcceptedShape"], REST["AcceptedShape"]),
        *_table("An exercise that was held, `exercises`", shapes["ExerciseShape"], REST["ExerciseShape"]),
        f"\nWhere it started: {', '.join(f'`{way}`' for way in STARTS)}, each an id or several. What is not there any "
        "more is no mistake, and covers nothing.",
        '\n`"*"` where it starts is each party but ourselves (`compromise`, `outage`), each feed (`poison`, `wrong`), '
        "and each thing that can start in that way otherwise. The rule is asked of each on its own, "
        "of those that are added later too.",
    ]
    return "\n".join(lines) + "\n"


def _written_out(shape: Any, known: Mapping[str, Any]) -> Any:
    """A shape with the lists that have names of their own in their places."""
    lists = {f"#/definitions/{name}": stated for name, stated in known.items() if "anyOf" in stated}
    fields = {
        name: {**lists.get(field.get("$ref"), {}), **field} for name, field in shape.get("properties", {}).items()
    }
    return {**shape, "properties": fields}


def _head(title: str) -> list[str]:
    return [f"\n## {title}\n", "| field | values | changes | how |\n|---|---|---|---|"]


def _table(title: str, shape: Any, fields: Mapping[str, Told], takes: Mapping[str, str] | None = None) -> list[str]:
    names = {name: f"`{name}`" for name in fields}
    if takes is not None:
        names |= {
            name: f"`{name}` on {', '.join(f'`{verb}`' for verb in on.split(', '))}" for name, on in takes.items()
        }
    return [*_head(title), *(_row(names[name], shape, name, told) for name, told in fields.items())]


def _row(label: str, shape: Any, name: str, told: Told) -> str:
    what, how = told
    return f"| {label} | {_values(shape['properties'][name])} | **{what}** | {how} |"


def _values(field: Any) -> str:
    """What may stand there, in a word or as the words themselves."""
    options = [option for option in field.get("anyOf", (field,)) if option.get("type") != "null"]
    for option in options:
        if "enum" in option or "const" in option:
            return ", ".join(dict.fromkeys(f"`{word}`" for word in option.get("enum", (option.get("const"),))))
    return _TYPES.get(options[-1].get("type", ""), "")


_TYPES = {
    "string": "text",
    "number": "number",
    "integer": "whole number",
    "boolean": "`true`, `false`",
    "array": "a list",
    "object": "a mapping",
}
