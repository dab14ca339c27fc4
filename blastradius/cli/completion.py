"""What a shell offers while a command is typed: files, and the things of the estate that was named so far.

Nothing here fails: where an estate cannot be read, or not at once, nothing is offered.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.shell_completion import BashComplete, CompletionItem, add_completion_class, split_arg_string

from blastradius.escape import acts, cut

if TYPE_CHECKING:
    from blastradius.estate import Estate
    from blastradius.model import Kind

_LARGEST = 4_000_000
"""The bytes of sources that are read while somebody waits for a list."""
_MOST = 200
"""How many things are offered at once."""
_BASH = r"""
%(complete_func)s() {
    local IFS=$'\n' type value completion response word=${COMP_WORDS[COMP_CWORD]}
    [[ $word == [:=] ]] && word=
    response=$(env COMP_WORDS="${COMP_LINE:0:COMP_POINT}" COMP_WORD="$word" %(complete_var)s=bash_complete "$1" \
        2>/dev/null)
    for completion in $response; do
        type=${completion%%%%,*} value=${completion#*,}
        if [[ $type == dir ]]; then
            COMPREPLY=()
            compopt -o dirnames
        elif [[ $type == file ]]; then
            COMPREPLY=()
            compopt -o default
        else
            [[ $word == [\"\']* ]] || printf -v value %%q "$value"
            COMPREPLY+=("$value")
        fi
    done
}

complete -o nosort -F %(complete_func)s %(prog_name)s
"""


@add_completion_class
class Bash(BashComplete):
    """Completion of bash, for which a word ends at a colon and an ``=``; ids have colons and spaces."""

    source_template = _BASH

    def get_completion_args(self) -> tuple[list[str], str]:
        """The words before the one that is typed, and that one."""
        line = os.environ["COMP_WORDS"]
        words = split_arg_string(line)
        if not words or (line.endswith(" ") and not line.endswith("\\ ")):
            words.append("")
        option, is_given, value = words[-1].partition("=")
        typed = value if is_given and option.startswith("--") else words[-1]
        last = split_arg_string(os.environ.get("COMP_WORD", ""))
        self._before = max(0, len(typed) - len(last[0] if last else ""))
        return words[1:-1], words[-1]

    def format_completion(self, item: CompletionItem) -> str:
        """What is offered, without what stands before the part that bash takes for the word."""
        return f"{item.type},{item.value[self._before :] if item.type == 'plain' else item.value}"


def files(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Files and folders, which the shell knows best."""
    return [CompletionItem(incomplete, type="file")]


def things(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """What an option may name in the estate that is given: ids, each with its display name."""
    from blastradius import loading

    # where the last option has no value yet, click leaves what it has read of the arguments as they are
    paths = context.args or context.params.get("paths") or ()
    try:
        offered = _offered(loading.load(paths), str(parameter.name), incomplete) if _is_quick(paths) else ()
        return [CompletionItem(name, help=cut(label, 60) or None) for name, label in _fitting(offered, incomplete)]
    except Exception:  # the command itself will say why; a shell that waits for a list is told nothing
        return []


def _is_quick(paths: Collection[str]) -> bool:
    """Whether the sources are there, and small enough to be read while somebody waits."""
    found = [file for path in map(Path, paths) for file in (path.rglob("*") if path.is_dir() else [path])]
    return "-" not in paths and 0 < sum(file.stat().st_size for file in found if file.is_file()) <= _LARGEST


def _offered(estate: Estate, option: str, incomplete: str) -> Iterable[tuple[str, str]]:
    """What an option takes, and what people call it."""
    from blastradius.model import ControlKind

    if option == "without":
        return ((relation, "") for relation in estate.relations)
    if option == "distrust":
        return ((control, "") for control in (*map(str, ControlKind), *estate.controls))
    control, is_placed, _ = incomplete.partition("@")
    if option == "with_" and not (is_placed and control in list(ControlKind)):
        return ((f"{word}@", "") for word in ControlKind)
    before = f"{control}@" if option == "with_" else ""
    kinds = _kinds(option)
    return ((before + e.id, e.label) for e in estate.entities.values() if e.kind in kinds)


def _kinds(option: str) -> Collection[Kind]:
    from blastradius.engine.scenario import SEED_KINDS
    from blastradius.model import Kind

    stated: dict[str, Collection[Kind]] = {
        "holder": (Kind.PARTY, Kind.SERVICE),
        "grant": (Kind.SCOPE, Kind.OPERATION),
        "key": (Kind.CREDENTIAL,),
        "needs": (Kind.OPERATION,),
    }
    return SEED_KINDS.get(option) or stated.get(option) or tuple(Kind)


def _fitting(offered: Iterable[tuple[str, str]], incomplete: str) -> list[tuple[str, str]]:
    """Those that go on as what is typed, else those whose display name does; nothing that a shell would obey."""
    shown = [(name, "" if label == name else label) for name, label in offered if not any(map(acts, name + label))]
    begun = [pair for pair in shown if pair[0].startswith(incomplete)]
    called = [pair for pair in shown if pair[1].casefold().startswith(incomplete.casefold())]
    return sorted(begun or called)[:_MOST]


NAMES_THINGS = frozenset(
    {"compromise", "use", "leak", "poison", "wrong", "outage", "breach", "with_", "without", "distrust"}
    | {"entity", "holder", "grant", "key", "needs"}
)
"""The parameters of questions that name things of the estate."""
