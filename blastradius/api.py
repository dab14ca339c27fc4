"""The Python interface: load an estate, ask it questions, see the picture."""

from __future__ import annotations

import os
from typing import Any

from blastradius import loading, plugins
from blastradius.answer import Answer
from blastradius.estate import Estate
from blastradius.model import Frozen


class Shown:
    """An answer that shows itself: as its picture in a notebook, as its headline elsewhere."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    @property
    def data(self) -> Frozen:
        """The answer as typed data; ``data.model_dump(mode="json")`` is what ``--format json`` prints."""
        return self.answer.data

    def svg(self) -> str:
        """The picture as SVG.

        Raises:
            DrawingError: the answer has no picture, or it could not be drawn whole.
        """
        from blastradius.errors import DrawingError
        from blastradius.render.draw import draw

        if self.answer.picture is None:
            raise DrawingError(f"{self.answer.question} has no picture for this answer")
        return draw(self.answer.picture, "svg").decode()

    def _repr_svg_(self) -> str | None:
        return self.svg() if self.answer.picture else None

    def __repr__(self) -> str:
        return f"<{self.answer.question}: {self.answer.headline}>"


def load(*paths: str | os.PathLike[str]) -> Estate:
    """Load files and folders into one estate.

    Raises:
        InputError: everything wrong in any file, each with its position.
    """
    return loading.load(paths)


def export(estate: Estate, to: str) -> str:
    """An estate as a file of another tool: ``graphml``, ``opengraph``, ``mermaid`` and so on; ``load`` reads it back.

    Raises:
        UsageError: there is no such format, or the estate is too large for it.
        InputError: a text or a number that no file can carry.
    """
    from blastradius.exports import export as write

    return write(estate, to)


def ask(question: str, estate: Estate, **params: Any) -> Shown:
    """Ask any question by name; a parameter that takes several takes one as well.

    Raises:
        UsageError: an unknown question or parameter, or a name the estate does not have.
    """
    query = plugins.query(question)
    several = {name for name, field in query.params.model_fields.items() if "tuple" in str(field.annotation)}
    stated = {key: (value,) if key in several and isinstance(value, str) else value for key, value in params.items()}
    return Shown(query.run(estate, plugins.parameters(query, stated)))


def reach(estate: Estate, **scenario: Any) -> Shown:
    """How far a scenario reaches; its keywords are those of the command: ``compromise``, ``assume`` and so on."""
    return ask("reach", estate, **scenario)


def explain(estate: Estate, entity: str, capability: str | None = None, **scenario: Any) -> Shown:
    """Why a fact could be reached under a scenario, or what stops it."""
    return ask("explain", estate, entity=entity, capability=capability, **scenario)


def exposure(estate: Estate, entity: str, **params: Any) -> Shown:
    """Who can reach an entity, with what, at which level."""
    return ask("exposure", estate, entity=entity, **params)


def rank(estate: Estate, **params: Any) -> Shown:
    """Every party, feed and credential by what it reaches."""
    return ask("rank", estate, **params)


def levers(estate: Estate, **params: Any) -> Shown:
    """What one grant less would cut of a scenario, and what one failed control would open."""
    return ask("levers", estate, **params)


def review(estate: Estate, holder: str, grant: str | tuple[str, ...], **params: Any) -> Shown:
    """What a grant would add to what a compromise of its holder could reach, before it is granted."""
    return ask("review", estate, holder=holder, grant=grant, **params)


def verify(estate: Estate) -> Shown:
    """Whether the estate's own expectations hold."""
    return ask("verify", estate)
