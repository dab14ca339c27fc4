"""How far would a compromised partner, a poisoned feed or a failed provider reach?

    import blastradius as br
    estate = br.load("examples/northwind")
    reach = br.reach(estate, compromise="acme")

Every question is a function here; its keywords are the question's parameters. The answer shows its tables and its
picture in a notebook, and carries its data as ``.data`` and ``.to_frame()``. Type checkers and editors read
``__init__.pyi``.
"""

_OWN = ("Shown", "ask", "check", "diff", "export", "load")


def __getattr__(name: str) -> object:
    """Import on first use, so that importing the package costs nothing; any question found is a function here."""
    from importlib import import_module
    from importlib.util import find_spec

    if name == "__all__":
        return [*_OWN, *_questions()]
    # a part of the package stays itself, whatever a question is called
    if not name.startswith("_") and find_spec(f"{__name__}.{name}") is None:
        if name in _OWN:
            return getattr(import_module("blastradius.api"), name)
        plugins = import_module("blastradius.plugins")
        name = plugins.ALIASES.get(name, name)
        if name in _questions():
            return import_module("blastradius.api").question(name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_OWN, *_questions()})


def _questions() -> list[str]:
    from importlib import import_module

    names: list[str] = import_module("blastradius.plugins").QUERIES.names()
    return names
