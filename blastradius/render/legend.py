"""How to read a picture: its levels, marks and words, of each only what occurs in it."""

from __future__ import annotations

from dataclasses import dataclass

from blastradius.answer import Felt, Picture, Tone
from blastradius.escape import visible
from blastradius.model import Level
from blastradius.render import style


@dataclass(frozen=True)
class Key:
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
    levels = [Key(f"{style.NUMBERS[level]} {level.word}: {level.says}", level) for level in Level if level <= highest]
    return levels + [Key(_FELT[felt], felt) for felt in Felt if felt in tones]


_FELT = {
    Felt.STOPS: "it stops",
    Felt.WRONG: "it is wrong: what it says or does is no longer right",
    Felt.SLOWS: "it slows: it goes on, but less well",
}


def _mark_keys(picture: Picture) -> list[Key]:
    nodes, edges = picture.nodes, picture.edges
    keys = {
        "seed": ("▶ where it starts", any(node.seed for node in nodes)),
        "jewel": ("★ crown jewel", any(node.crown_jewel for node in nodes)),
        "folded": ("several in one box", any(node.count > 1 for node in nodes)),
        "unreached": ("not reached", any(node.tone is None and not node.seed for node in nodes)),
        "stopped": ("⊘ a control that stops it", any(edge.style == "stopped" for edge in edges)),
    }
    return [Key(words, mark=mark) for mark, (words, occurs) in keys.items() if occurs]


def _word_keys(picture: Picture) -> list[Key]:
    return [Key(f"“{word}”: {meaning}") for word, meaning in picture.words.items()]
