"""The Python interface: load an estate, ask it questions, see the picture."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from inspect import Parameter, Signature
from types import GenericAlias, NoneType
from typing import Any, get_args, get_origin

from pydantic.fields import FieldInfo

from blastradius import loading, plugins
from blastradius.answer import SEVERAL, Answer, Query, parameters, takes_several
from blastradius.estate import Estate
from blastradius.exporting.carriable import refuse_uncarriable
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
    found = plugins.export(to)
    refuse_uncarriable(estate)
    return found.write(estate)


def ask(question: str, estate: Estate, /, **given: Any) -> Shown:
    """Ask any question by name; a parameter that takes several takes one as well.

    Raises:
        UsageError: an unknown question or parameter, or a name the estate does not have.
    """
    query = plugins.query(question)
    fields = query.params.model_fields
    several = {name for name in given.keys() & fields.keys() if takes_several(fields[name])}
    listed = {name: (value,) if name in several and _is_one(value) else value for name, value in given.items()}
    return Shown(query.run(estate, parameters(query, listed)))


def question(name: str) -> Callable[..., Shown]:
    """A question as a function of an estate and the question's parameters; the required ones may be positional.

    Raises:
        UsageError: there is no such question.
    """
    query = plugins.query(name)
    required = [name for name, field in query.params.model_fields.items() if field.is_required()]

    def asked(estate: Estate, *positional: Any, **given: Any) -> Shown:
        if len(positional) > len(required):
            names = ", ".join(["estate", *required])
            raise TypeError(f"{name}() takes {names} without a name; name the other parameters")
        return ask(name, estate, **dict(zip(required, positional, strict=False)), **given)

    asked.__name__ = asked.__qualname__ = name
    asked.__doc__ = described(query)
    vars(asked)["__signature__"] = signature(query)
    return asked


def described(query: Query) -> str:
    """The docstring of a question: its title and its parameters."""
    fields = query.params.model_fields.items()
    lines = [f"    {name}: {field.description}." for name, field in fields if field.description]
    return "\n".join([f"{query.title}.", *(["", "Args:", *lines] if lines else [])])


def signature(query: Query) -> Signature:
    """The signature of a question: the estate, what is required, and by name only what may be left out."""
    fields = query.params.model_fields
    estate = Parameter("estate", Parameter.POSITIONAL_OR_KEYWORD, annotation=Estate)
    made = [estate, *(_parameter(name, field) for name, field in fields.items())]
    # the required ones first, in the order of the model
    return Signature(sorted(made, key=lambda parameter: parameter.kind), return_annotation=Shown)


def _parameter(name: str, field: FieldInfo) -> Parameter:
    annotation: Any = _one_or_several(field.annotation) if takes_several(field) else field.annotation
    if field.is_required():
        return Parameter(name, Parameter.POSITIONAL_OR_KEYWORD, annotation=annotation)
    default = field.get_default(call_default_factory=True)
    return Parameter(name, Parameter.KEYWORD_ONLY, annotation=annotation, default=default)


def _one_or_several(annotation: Any) -> Any:
    """What a parameter that takes several may be given: one of them, any number, or ``None`` where that is allowed."""
    kinds = [get_args(choice)[0] for choice in (annotation, *get_args(annotation)) if get_origin(choice) in SEVERAL]
    given = kinds[0] | GenericAlias(Iterable, (kinds[0],))
    return given | None if NoneType in get_args(annotation) else given


def _is_one(value: Any) -> bool:
    return isinstance(value, str) or not (value is None or isinstance(value, Iterable))
