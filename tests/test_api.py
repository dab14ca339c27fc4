"""The Python interface: every question is a function, known to editors and type checkers, and costs nothing unasked."""

from __future__ import annotations

import ast
import inspect
import os
import subprocess
import sys
from pathlib import Path
from typing import Literal

import pytest
from pydantic import BaseModel, Field

import blastradius as br
from blastradius import api, plugins
from blastradius.answer import Answer, Query, takes_several
from blastradius.docgen.stub import stub
from blastradius.errors import UsageError
from blastradius.estate import Estate
from blastradius.model import Verb

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def estate(northwind: Path) -> Estate:
    return br.load(northwind)


def test_every_question_is_a_function_and_is_listed() -> None:
    names = plugins.queries()
    assert not {"annotations", "Any", "TYPE_CHECKING"} & set(dir(br))
    assert names.keys() | {"Shown", "ask", "check", "diff", "export", "load"} <= set(dir(br))
    for name in names:
        asked = getattr(br, name)
        assert (asked.__name__, asked.__doc__.partition(".\n")[0].rstrip(".")) == (name, names[name].title)


def test_a_mistake_is_told_in_the_words_of_python(estate: Estate) -> None:
    for given, says in (
        ({}, "a scenario starts somewhere; name it, for instance compromise=PARTY"),
        ({"leak": "acme"}, "leak: 'acme' is a party; expected a credential; for a party use compromise="),
        ({"leak": "--compromise X"}, "leak: '--compromise X' is not in the estate; expected a credential"),
        ({"compromise": "acme", "assume": "x"}, "reach: assume is 'x'; expected"),
        ({"compromised": "acme"}, "reach: it does not take compromised; did you mean 'compromise'?"),
    ):
        with pytest.raises(UsageError) as refusal:
            br.ask("reach", estate, **given)
        assert str(refusal.value).startswith(says)


def test_what_the_sources_came_to_is_a_function_too(northwind: Path, tmp_path: Path) -> None:
    checked = br.check(northwind)
    assert "parties.yaml" in str(checked.to_frame("sources")["file"].to_list())
    assert repr(checked).startswith("<check: ")
    (tmp_path / "e.yaml").write_text("blastradius: [\n")
    assert br.check(tmp_path).to_frame("problems").shape[0] == 1


def test_an_estate_says_what_it_is(tmp_path: Path) -> None:
    (tmp_path / "e.yaml").write_text("blastradius: 1\ntitle: Ours\nparties: {a: {owns: [{to: s}]}}\nservices: {s: }\n")
    assert repr(br.load(tmp_path)) == "<Estate 'Ours': 2 entities, 1 relation, 0 notes>"
    assert repr(Estate.build([])) == "<Estate: 0 entities, 0 relations, 0 notes>"


def test_a_star_import_brings_them_all() -> None:
    space: dict[str, object] = {}
    exec("from blastradius import *", space)
    assert plugins.queries().keys() | {"load", "ask"} <= space.keys()


def test_what_there_is_not_has_no_attribute() -> None:
    for name in ("raech", "_private", "__wrapped__"):
        with pytest.raises(AttributeError, match=f"module 'blastradius' has no attribute '{name}'"):
            getattr(br, name)


def test_required_parameters_may_be_positional(estate: Estate) -> None:
    exposed = br.exposure(estate, "customer_db").data
    assert exposed == br.exposure(estate, entity="customer_db").data
    assert exposed == br.ask("exposure", estate, entity="customer_db").data
    assert br.explain(estate, "customer_db", compromise=("acme",)).data
    assert "observed" in repr(br.seen(estate))


def test_what_may_be_left_out_is_named(estate: Estate) -> None:
    asked = api.question("exposure")
    with pytest.raises(TypeError, match=r"exposure\(\) takes estate, entity without a name; name the other parameters"):
        asked(estate, "customer_db", "lateral")
    with pytest.raises(TypeError, match="multiple values for keyword argument 'entity'"):
        asked(estate, "customer_db", entity="x")
    with pytest.raises(UsageError, match="exposure: entity is not given; it has to be"):
        asked(estate)


def test_a_parameter_that_takes_several_takes_one_as_well(estate: Estate) -> None:
    assert br.reach(estate, compromise="acme").data == br.reach(estate, compromise=["acme"]).data
    with pytest.raises(UsageError, match="compromise is None; expected a valid tuple"):
        br.ask("reach", estate, compromise=None)
    fields = plugins.query("reach").params.model_fields
    assert [name for name, field in fields.items() if not takes_several(field)] == [
        "assume",
        "basis",
        "anyone",
        "hours",
        "full",
        "a3",
    ]


class Odd(BaseModel):
    """Parameters as a stranger may have them."""

    names: list[str] = Field(description='what is "named" by \\ or """')
    numbers: set[int] | None = None
    modes: tuple[Literal["a", 'b"'], ...] = ("a",)
    verb: Verb = Verb.CALLS
    other: dict[str, int] = Field(default_factory=dict)
    one: str | None = None


def test_parameters_of_any_type_have_a_signature_and_a_stub() -> None:
    several = [name for name, field in Odd.model_fields.items() if takes_several(field)]
    assert several == ["names", "numbers", "modes"]
    written = stub([Query("odd", "What is odd", Odd, lambda estate, params: Answer("odd", "", params))])
    (function,) = (node for node in ast.parse(written).body if isinstance(node, ast.FunctionDef))
    assert ast.get_docstring(function) == 'What is odd.\n\nArgs:\n    names: what is "named" by \\ or """.'
    assert [ast.unparse(argument) for argument in (*function.args.args, *function.args.kwonlyargs)] == [
        "estate: Estate",
        "names: str | Iterable[str]",
        "numbers: int | Iterable[int] | None",
        "modes: Literal['a', 'b\"'] | Iterable[Literal['a', 'b\"']]",
        f"verb: Verb | Literal[{', '.join(map(repr, map(str, Verb)))}]",
        "other: object",
        "one: str | None",
    ]


def test_the_signature_is_that_of_the_model() -> None:
    parameters = inspect.signature(br.exposure).parameters
    asked = ["assume", "distrust", "with_", "without", "basis"]
    assert list(parameters) == ["estate", "entity", *asked, "insiders"]
    assert parameters["assume"].default == "lateral"
    assert parameters["insiders"].kind is inspect.Parameter.KEYWORD_ONLY


def test_importing_the_package_imports_nothing_else() -> None:
    code = "import sys; before = set(sys.modules); import blastradius; print(sorted(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == "['blastradius']"


RIGHT = """
import blastradius as br
from blastradius.model import Verb

estate = br.load("x")
answer: br.Shown = br.reach(estate, compromise="acme", assume="lateral", hours=8, full=True)
br.explain(estate, "db", capability="read", leak=["a", "b"])
br.levers(estate, along=Verb.HOLDS)
br.ask("anything", estate, whatever=1)
"""
WRONG = {
    "br.raech(estate)": "attr-defined",
    "br.reach(estate, compromised='acme')": "call-arg",
    "br.reach(estate, assume='latteral')": "arg-type",
    "br.explain(estate)": "call-arg",
    "br.grant(estate, 'acme')": "call-arg",
    "br.exposure(estate, 'db', 'lateral')": "call-arg",
}


@pytest.mark.slow
def test_a_type_checker_knows_every_question(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text("\n".join([RIGHT, *WRONG]))
    command = [sys.executable, "-m", "mypy", "--strict", "--follow-imports=silent", "--config-file=", "script.py"]
    env = {**os.environ, "PYTHONPATH": str(Path(br.__file__).parents[1])}
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=env, check=False)
    lines = done.stdout.splitlines()
    first = RIGHT.count("\n") + 2
    told = dict.fromkeys(line.partition(": error: ")[0] for line in lines[:-1] if "error" in line)
    assert list(told) == [f"script.py:{first + number}" for number in range(len(WRONG))], done.stdout
    assert all(f"[{code}]" in done.stdout for code in WRONG.values())


def test_the_stub_that_ships_is_that_of_what_ships() -> None:
    shipped = (Path(br.__file__).parent / "__init__.pyi").read_text(encoding="utf-8")
    assert stub(plugins.QUERIES.shipped().values()) == shipped
