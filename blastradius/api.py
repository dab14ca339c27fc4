"""The Python interface: load an estate, ask it questions; the answers show themselves."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterable
from inspect import Parameter, Signature
from types import GenericAlias, NoneType
from typing import Any, Literal, get_args, get_origin

from pydantic.fields import FieldInfo

from blastradius import loading, plugins
from blastradius.answer import SEVERAL, Query, is_estate, is_fragment, parameters, takes_several
from blastradius.errors import UsageError
from blastradius.estate import Estate
from blastradius.exporting.carriable import refuse_uncarriable
from blastradius.render.notebook import Shown

__all__ = ["Shown", "ask", "check", "described", "diff", "export", "load", "question", "signature"]


def load(*paths: str | os.PathLike[str], cache: bool | None = None) -> Estate:
    """Load files and folders into one estate.

    With ``cache`` it is kept for this user alone, and read again only where something changed; ``None`` leaves that to
    ``BLASTRADIUS_CACHE`` in the environment.

    Raises:
        InputError: everything wrong in any file, each with its position.
    """
    return loading.load(paths, cache=cache)


def check(*paths: str | os.PathLike[str]) -> Shown:
    """What the sources came to, what is loose in them, and which names may be one thing.

    Raises:
        UsageError: a path is none, or there is none.
    """
    from blastradius.loading.checking import checked

    answer, _is_whole = checked(loading.survey(paths))
    return Shown(answer, "findings")


def export(estate: Estate, to: str) -> str:
    """An estate as a file of another tool: ``graphml``, ``opengraph``, ``mermaid`` and so on; ``load`` reads it back.

    Raises:
        UsageError: there is no such format, or the estate is too large for it.
        InputError: a text or a number that no file can carry.
    """
    found = plugins.export(to)
    refuse_uncarriable(estate)
    return found.write(estate)


def diff(
    base: Estate | str | os.PathLike[str],
    head: Estate | str | os.PathLike[str],
    *,
    assume: Literal["granted", "abused", "takeover", "lateral"] = "lateral",
    basis: Literal["observed", "declared", "inferred", "assumed"] = "assumed",
    fail_on: Literal["jewel", "new", "never"] = "jewel",
) -> Shown:
    """Two estates compared: what is stated, and how far third parties could reach; each by its path or loaded already.

    A path is that of a file, a folder or a workspace, or ``REV:path`` for what a git revision has there. ``data.fails``
    says whether ``fail_on`` refuses the change.

    Raises:
        InputError: everything wrong in any file, each with its position.
        UsageError: a path or a revision that is none.
    """
    from blastradius.loading.revisions import load_named
    from blastradius.reports.diff import Params, Side, difference

    before, after = (Side(given) if isinstance(given, Estate) else Side(*load_named(given)) for given in (base, head))
    return Shown(difference(before, after, Params(assume=assume, basis=basis, fail_on=fail_on)), "gained")


def ask(question: str, estate: Estate, /, **given: Any) -> Shown:
    """Ask any question by name; a parameter that takes several takes one as well.

    Raises:
        UsageError: an unknown question or parameter, or a name the estate does not have.
    """
    query = plugins.query(question)
    fields = query.params.model_fields
    several = {name for name in given.keys() & fields.keys() if takes_several(fields[name])}
    listed = {name: (value,) if name in several and _is_one(value) else value for name, value in given.items()}
    if any(is_estate(field) or is_fragment(field) for field in fields.values()):
        from blastradius.loading.revisions import with_estates

        listed = with_estates(query, listed)
    try:
        return Shown(query.run(estate, parameters(query, listed)), query.main)
    except UsageError as error:
        raise UsageError(_in_python(str(error), fields)) from None


def _in_python(message: str, parameters: Collection[str]) -> str:
    """A message that names options of the command line, in the words of Python; what is quoted stays as it is."""

    def spelled(found: re.Match[str]) -> str:
        option = (found["option"] or "").replace("-", "_")
        name = next((name for name in (option, f"{option}_") if name in parameters), None)
        return f"{name}={found['value'] or ''}" if name else found[0]

    return _OPTION.sub(spelled, message)


_OPTION = re.compile(r"'[^']*'|--(?P<option>[a-z-]+)(?: (?P<value>[A-Z][A-Z@=]*))?")


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
    if is_fragment(field):
        annotation = str | os.PathLike[str] | None
    if is_estate(field):
        annotation = annotation | str | os.PathLike[str]
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
