"""An API description in our terms: scopes, operations, and permits between them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product
from math import prod
from typing import Any

from blastradius.loaderkit.api_effects import Effected
from blastradius.loaderkit.names import MAX_ID, harmless
from blastradius.model import Feed, Note, NoteKind, Operation, Relation, Scope, Tally, Verb

from .options import Options
from .reading import ApiOperation, Description, Requirement, Sent

MAX_COMBINATIONS = 1000


@dataclass
class Modelled:
    """What a description comes to, and how each of its records ended."""

    file: str
    api: str
    options: Options
    description: Description
    scopes: dict[str, Scope] = field(default_factory=dict)
    operations: dict[str, Operation] = field(default_factory=dict)
    feeds: dict[str, Feed] = field(default_factory=dict)
    relations: dict[str, Relation] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    facts: int = 0
    rejected: int = 0
    several: int = 0
    silent: int = 0
    permitted_by: dict[str, set[str]] = field(default_factory=dict)
    undeclared: dict[str, set[str]] = field(default_factory=dict)
    any_key: Counter[str] = field(default_factory=Counter)

    @property
    def tally(self) -> Tally:
        """How every record ended: operations, declared scopes, alternatives, and what the API sends."""
        return Tally(facts=self.facts, rejected=self.rejected + self.description.rejected)

    def build(self) -> None:
        """Model all of it."""
        self._declared_scopes()
        repeated = self._repeated_ids()
        for operation in self.description.operations:
            self._operation(operation, repeated)
        for sent in self.description.sent:
            self._feed(sent)
        self._effects()
        self._say_assumptions()
        self._say_unresolved()

    def _note(self, kind: NoteKind, message: str, *about: str, at: tuple[Any, ...] = ()) -> None:
        self.notes.append(Note(kind=kind, message=message, about=about, provenance=at))

    # scopes

    def _declared_scopes(self) -> None:
        seen: set[str] = set()
        for scheme in self.description.schemes.values():
            for name, says in scheme.scopes.items():
                if name in seen:
                    continue
                seen.add(name)
                if not self._is_id(name):
                    self.rejected += 1
                    self._note(NoteKind.UNSUPPORTED, f"a scope of {scheme.name!r} has no usable name; left out")
                    continue
                self.facts += 1
                flow = scheme.place.provenance()
                made = Scope(id=f"{self.api}:{name}", name=name, description=says or None, provenance=(flow,))
                self.scopes[made.id] = made

    def _is_id(self, name: str) -> bool:
        return harmless(name) and len(self.api) + 1 + len(name) <= MAX_ID

    def _scope(self, scheme: str, name: str, operation: Operation) -> str:
        """The scope of that name; made where the description does not declare it."""
        scope = f"{self.api}:{name}"
        known = self.description.schemes.get(scheme)
        if known is None or (name not in known.scopes and known.type.lower() == "oauth2"):  # no other declares any
            self.undeclared.setdefault(scheme, set()).add(name)
        if scope not in self.scopes:
            self.scopes[scope] = Scope(id=scope, name=name, provenance=operation.provenance)
        return scope

    def _key(self, scheme: str, operation: Operation) -> str:
        """The permission that any valid key of a scheme carries."""
        known = self.description.schemes.get(scheme)
        taken = any(scheme in each.scopes for each in self.description.schemes.values())
        permission = f"{self.api}:{scheme} (any key)" if taken else f"{self.api}:{scheme}"
        self.any_key[permission] += 1
        if known is None:
            self.undeclared.setdefault(scheme, set())
        if permission not in self.scopes:
            at = (known.place.provenance(),) if known else operation.provenance
            name = f"any valid key of {scheme}"
            self.scopes[permission] = Scope(id=permission, name=name, provenance=at)
        return permission

    # operations

    def _repeated_ids(self) -> set[str]:
        """Operation ids that more than one operation has, or that a scope or a scheme has too."""
        counts = Counter(each.operation_id for each in self.description.operations if each.operation_id)
        repeated = {name for name, count in counts.items() if count > 1}
        clashing = counts.keys() & self._permission_names()
        for words, names in (("of several operations", repeated), ("also the name of a scope or scheme", clashing)):
            if names:
                message = f"{len(names)} operation ids are {words}; method and path are used: {_some(names)}"
                self._note(NoteKind.ASSUMED, message)
        return repeated | clashing

    def _permission_names(self) -> set[str]:
        names = set(self.description.schemes)
        for scheme in self.description.schemes.values():
            names |= set(scheme.scopes)
        for operation in self.description.operations:
            for each in operation.security.alternatives:
                names.update(*((scheme, *scopes) for scheme, scopes in each.schemes))
        return names

    def _operation(self, read: ApiOperation, repeated: set[str]) -> None:
        line = f"{read.method} {read.path}"
        name = read.operation_id if read.operation_id and read.operation_id not in repeated else line
        made = f"{self.api}:{name}"
        if not (self._is_id(name) and harmless(line)) or made in self.operations:
            self.rejected += 1 + len(read.security.alternatives) + read.security.malformed
            message = f"an operation has no id that can be used, {name[:60]!r}; left out"
            self._note(NoteKind.UNSUPPORTED, message, at=(read.provenance,))
            return
        self.facts += 1
        self.rejected += read.security.malformed
        self.silent += not read.security.stated
        self.operations[made] = self._entity(made, read)
        for requirement in read.security.alternatives:
            self._permit(requirement, self.operations[made])
        if self.options.served_by:
            self._relate(Verb.SERVES, (self.options.served_by,), self.operations[made])

    def _entity(self, made: str, read: ApiOperation) -> Operation:
        return Operation(
            id=made,
            name=read.summary or read.operation_id,
            owner=self.options.owner,
            api=self.api,
            method=read.method,
            path=read.path,
            direction=self.options.direction or "internal",
            anonymous=read.security.open,
            tags=read.tags,
            provenance=(read.provenance,),
        )

    def _feed(self, sent: Sent) -> None:
        made = f"{self.api}:{sent.name}"
        if not self._is_id(sent.name) or made in self.operations:
            self.rejected += 1
            message = f"a webhook or callback has no name that can be used, {sent.name[:60]!r}; left out"
            self._note(NoteKind.UNSUPPORTED, message, at=(sent.provenance,))
            return
        self.facts += 1
        feed = Feed(id=made, name=sent.name, owner=self.options.owner, provenance=(sent.provenance,))
        self.feeds.setdefault(made, feed)
        if self.options.served_by:
            self._relate(Verb.PUBLISHES, (self.options.served_by,), feed)

    def _relate(self, verb: Verb, sources: tuple[str, ...], target: Operation | Feed) -> None:
        made = Relation(verb=verb, sources=sources, targets=(target.id,), provenance=target.provenance)
        self.relations.setdefault(made.id, made)

    # permits

    def _permit(self, requirement: Requirement, operation: Operation) -> None:
        why = self._refusal(requirement)
        if why:
            self.rejected += 1
            self._note(NoteKind.UNSUPPORTED, f"a requirement of {operation.id} {why}; left out", operation.id)
            return
        self.facts += 1
        self.several += any(len(scopes) > 1 for _, scopes in requirement.schemes)
        if not requirement.schemes:
            return
        for needed in self._readings(requirement, operation):
            self._relate(Verb.PERMITS, needed, operation)
            self.permitted_by.setdefault(operation.id, set()).update(needed)

    def _refusal(self, requirement: Requirement) -> str | None:
        names = [name for scheme, scopes in requirement.schemes for name in (f"{scheme} (any key)", *scopes)]
        if not all(map(self._is_id, names)):
            return "names a scope or scheme that cannot be used as an id"
        if self.options.scopes == "any":
            ways = prod(max(1, len(scopes)) for _, scopes in requirement.schemes)
            return f"has more than {MAX_COMBINATIONS} combinations of scopes" if ways > MAX_COMBINATIONS else None
        return None

    def _readings(self, requirement: Requirement, operation: Operation) -> Iterator[tuple[str, ...]]:
        """The sets of permissions that each suffice."""
        per_scheme = [
            [self._scope(scheme, name, operation) for name in scopes] or [self._key(scheme, operation)]
            for scheme, scopes in requirement.schemes
        ]
        if self.options.scopes == "all":
            per_scheme = [[each] for listed in per_scheme for each in listed]
        for chosen in product(*per_scheme):
            yield tuple(sorted(set(chosen)))

    def _effects(self) -> None:
        effected = Effected(self.api, self.operations.values(), self.permitted_by)
        for effect in self.options.effects:
            effected.add(effect)
        self.relations |= effected.relations
        self.notes += effected.notes

    # notes

    def _say_assumptions(self) -> None:
        if self.options.direction is None and self.operations:
            self._note(NoteKind.ASSUMED, f"{self.api}: direction not stated; taken as internal")
        if not self.description.operations and not self.rejected:
            self._note(NoteKind.INCOMPLETE, f"{self.api} describes no operation; what it does is not known")
        if self.several:
            self._note(NoteKind.ASSUMED, self._several_says())
        if self.silent:
            message = f"{self.silent} operations of {self.api} state no security; that is not 'open to anyone', and "
            self._note(NoteKind.ASSUMED, f"{message}nothing is said of what permits them")
        if self.description.open_document and self.operations:
            message = f"the security of the whole of {self.api} is stated and allows for none; "
            self._note(NoteKind.ASSUMED, f"{message}operations without their own are taken as anonymous")
        if f"{self.api}:none" in self.scopes:
            message = (
                f"a scope of {self.api} is called 'none'; taken as a scope like any other, not as 'no scope needed'"
            )
            self._note(NoteKind.ASSUMED, message, f"{self.api}:none")
        if self.any_key:
            message = (
                f"{self.any_key.total()} requirements take any valid key of their scheme, for which a scope stands: "
            )
            self._note(NoteKind.ASSUMED, message + _some(self.any_key), *sorted(self.any_key)[:5])
        if not (self.operations or self.feeds or self.rejected):
            self._note(NoteKind.INCOMPLETE, f"{self.api} describes no operation")
        if self.feeds:
            message = f"{len(self.feeds)} webhooks and callbacks of {self.api} are feeds that it sends; "
            self._note(NoteKind.INCOMPLETE, f"{message}who takes them in is not said")

    def _several_says(self) -> str:
        reading = "any one of them suffices" if self.options.scopes == "any" else "all of them are needed together"
        return f"{self.several} requirements of {self.api} list several scopes in one scheme; read as: {reading}"

    def _say_unresolved(self) -> None:
        unknown = [each for each in self.undeclared if each not in self.description.schemes]
        nowhere = {
            f"{scheme}:{name}" for scheme, names in self.undeclared.items() if scheme not in unknown for name in names
        }
        if unknown or nowhere:
            parts = [f"schemes {_some(unknown)}"] if unknown else []
            parts += [f"{len(nowhere)} scopes ({_some(nowhere)})"] if nowhere else []
            self._note(NoteKind.UNRESOLVED, f"used and not declared in {self.api}: {' and '.join(parts)}")


def _some(names: Any) -> str:
    shown = sorted(names)
    more = f" and {len(shown) - 5} more" if len(shown) > 5 else ""
    return ", ".join(f"{each[:80]!r}" for each in shown[:5]) + more
