"""The list of injects for those who run an exercise with other tools: a table, and the JSON of T3SF and of CEXF."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from hashlib import sha256
from uuid import UUID

from blastradius.answer import Row, Table
from blastradius.reports.exercise_data import ExerciseData, InjectRow
from blastradius.reports.symptoms import BLANK
from blastradius.reports.words import plural

Json = Mapping[str, object]


def msel_table(data: ExerciseData) -> Table:
    """The list of injects as planners know it; controller and contingency are theirs to fill in."""
    expected = {it.inject: it.expected for it in data.answers.evidence} if data.answers else {}
    rows: tuple[Row, ...] = tuple(
        (
            number,
            it.minute,
            f"stage {it.stage}",
            it.inject,
            it.sender,
            it.to,
            it.means,
            it.says,
            expected.get(it.inject, ""),
            " | ".join(_choices(data, it)),
            BLANK,
            BLANK,
        )
        for number, it in enumerate(data.injects, start=1)
    )
    columns = ("number", "minute", "event", "inject", "from", "to", "by which means", "what is said")
    columns_of_planners = ("expected action", "decision", "controller", "contingency inject")
    return Table("msel", "List of injects", (*columns, *columns_of_planners), rows)


def t3sf(data: ExerciseData) -> list[Json]:
    """The list for T3SF, which posts it to the players: ``Real Time`` is hours and minutes from the start."""
    return [
        {
            "#": number,
            "Real Time": f"{it.minute // 60:02}:{it.minute % 60:02}",
            "Date": BLANK,
            "Subject": f"{it.inject}, minute {it.minute}",
            "From": it.sender,
            "Player": it.to,
            "Script": it.says,
            "Photo": "",
            "Picture Name": "",
            "Profile": "",
            "Poll": " | ".join(_choices(data, it)),
        }
        for number, it in enumerate(data.injects, start=1)
    ]


def cexf(data: ExerciseData, name: str) -> Json:
    """The exercise in the Common Exercise Format: one flow of injects, each a message to the participants."""
    ids = [_uuid(data, it.inject) for it in data.injects]
    return {
        "exercise": {
            "description": name,
            "expanded": f"{name}: {plural(len(ids), 'inject')} in {plural(data.minutes, 'minute')}",
            "meta": {"author": BLANK},
            "name": name,
            "namespace": "tabletop",
            "tags": [],
            "total_duration": str(data.minutes * 60),
            "uuid": _uuid(data, "exercise"),
            "version": "1",
        },
        "inject_flow": [_flow(data, number, ids) for number in range(len(ids))],
        "inject_payloads": [_payload(data, it) for it in data.injects],
        "injects": [_inject(data, it) for it in data.injects],
    }


def _flow(data: ExerciseData, number: int, ids: Sequence[str]) -> Json:
    row = data.injects[number]
    return {
        "description": f"{row.inject}, stage {row.stage}",
        "inject_uuid": ids[number],
        "reporting_callback": [],
        "requirements": {},
        "sequence": {
            "completion_trigger": ["time_expiration", "completion"],
            "followed_by": list(ids[number + 1 : number + 2]),
            "trigger": ["startex"] if number == 0 else [],
        },
        "timing": {"triggered_at": row.minute * 60},
    }


def _payload(data: ExerciseData, row: InjectRow) -> Json:
    choices = "".join(f"\n- {choice}" for choice in _choices(data, row))
    text = f"From: {row.sender}\nTo: {row.to}\n\n{row.says}\n" + (f"\nTo decide:{choices}\n" if choices else "")
    content = {"content": b64encode(text.encode("utf-8", "replace")).decode(), "content-type": "base64"}
    return {
        "name": row.inject,
        "parameters": content | {"filename": f"{row.inject}.txt"},
        "type": "file",
        "uuid": _uuid(data, f"payload of {row.inject}"),
    }


def _inject(data: ExerciseData, row: InjectRow) -> Json:
    return {
        "action": "email_to_participants",
        "action_payload_resource_uuid": _uuid(data, f"payload of {row.inject}"),
        "inject_evaluation": [],
        "name": f"{row.inject}: {row.says}",
        "target_tool": "",
        "uuid": _uuid(data, row.inject),
    }


def _choices(data: ExerciseData, row: InjectRow) -> list[str]:
    """What may be decided after an inject; a bar would part one choice in two."""
    return [it.says.replace("|", "/") for it in data.options if it.inject == row.inject]


def _uuid(data: ExerciseData, name: str) -> str:
    """A version 4 UUID that is the same for the same part of the same exercise."""
    told = "\n".join((data.model.digest, str(data.minutes), *(it.says for it in data.injects), name))
    return str(UUID(bytes=sha256(told.encode("utf-8", "replace")).digest()[:16], version=4))
