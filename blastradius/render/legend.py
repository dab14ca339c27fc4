"""How to read a picture: its levels, marks and words, of each only what occurs in it."""

from __future__ import annotations

from typing import NamedTuple

from blastradius.answer import Felt, Picture, Tone
from blastradius.escape import visible
from blastradius.model import Level
from blastradius.render import style


class Key(NamedTuple):
    """One thing to explain: the sample that is drawn before its words, if any, and the words."""

    words: str
    tone: Tone | None = None
    mark: str | None = None


def legend(picture: Picture) -> list[Key]:
    """What the picture's colours, frames, signs and words mean."""
    return [*_tone_keys(picture), *_mark_keys(picture), *_word_keys(picture)]


def legend_lines(picture: Picture) -> list[str]:
    """The same without samples, one text each."""
    return [visible(key.words) for key in legend(picture)]


def _tone_keys(picture: Picture) -> list[Key]:
    """Every level up to the highest drawn, as each builds on the one before; what is felt only where it is."""
    tones = {gain.tone for node in picture.nodes for gain in node.gains} | {edge.tone for edge in picture.edges}
    highest = max((tone for tone in tones if isinstance(tone, Level)), default=0)
    shown: list[Tone] = [*(level for level in Level if level <= highest), *(felt for felt in Felt if felt in tones)]
    return [Key(tone_said(tone), tone) for tone in shown]


def tone_said(tone: Tone) -> str:
    """What a colour means."""
    return f"{style.NUMBERS[tone]} {tone.word}: {tone.says}" if isinstance(tone, Level) else _FELT[tone]


def word_said(word: str, meaning: str) -> str:
    """What a word of a box means."""
    return f"“{word}”: {meaning}"


_FELT = {
    Felt.STOPS: "it stops",
    Felt.WRONG: "it is wrong: what it says or does is no longer right",
    Felt.SLOWS: "it slows: it goes on, but less well",
}

MARKS = {
    "seed": "▶ where it starts",
    "jewel": "★ crown jewel",
    "folded": "several in one box",
    "unreached": "not reached",
    "stopped": "⊘ a control that stops it",
}
"""What frames and signs mean."""


def _mark_keys(picture: Picture) -> list[Key]:
    nodes, edges = picture.nodes, picture.edges
    occurs = {
        "seed": any(node.seed for node in nodes),
        "jewel": any(node.crown_jewel for node in nodes),
        "folded": any(node.count > 1 for node in nodes),
        "unreached": any(node.tone is None and not node.seed for node in nodes),
        "stopped": any(edge.style == "stopped" for edge in edges),
    }
    said = MARKS | ({"unreached": picture.plain} if picture.plain else {})
    return [Key(words, mark=mark) for mark, words in said.items() if occurs[mark]]


def _word_keys(picture: Picture) -> list[Key]:
    return [Key(word_said(word, meaning)) for word, meaning in picture.words.items()]
