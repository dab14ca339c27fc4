"""How people head their columns, and what a table's header seems to say: a proposal, never more."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from blastradius.reading import Sheet
from blastradius.secrets import looks_secret

from .cells import DATES
from .dates import is_ambiguous, order_of
from .options import ONLY

WORDS: dict[str, tuple[str, ...]] = {
    "party": (
        "vendor", "supplier", "third party", "partner", "provider", "subprocessor", "processor", "company",
        "organisation", "organization", "contractor", "service provider", "legal entity", "lieferant", "dienstleister",
        "lieferantenname", "auftragsverarbeiter", "fournisseur", "sous traitant", "proveedor", "fornitore", "holder",
        "consumer", "client", "grantee", "external party", "customer",
    ),
    "relies_on": (
        "subprocessors", "sub processors", "subcontractors", "subcontractor", "fourth parties", "fourth party",
        "nth party", "relies on", "unterauftragnehmer",
    ),
    "credential": (
        "credential", "credential id", "key id", "api key id", "client id", "account", "service account", "username",
        "user", "login", "user id", "email", "email address", "user email", "identity", "principal",
        "app registration", "integration", "kennung",
    ),
    "scope": (
        "scope", "scopes", "permission", "permissions", "role", "roles", "entitlement", "entitlements", "privilege",
        "privileges", "access rights", "rights", "granted scopes", "berechtigung", "rolle", "droits", "group", "groups",
    ),
    "service": (
        "service", "system", "application", "app", "product", "tool", "software", "platform", "component",
        "component id", "solution", "asset", "resource", "target system", "anwendung", "dienst", "leistung", "produit",
        "apps", "applications", "systems", "services",
    ),
    "used_by": ("used by", "consuming system", "our system", "internal system", "dependent system"),
    "depends_on": ("depends on", "dependencies", "dependency", "requires", "upstream", "upstreams", "uses"),
    "runs_on": ("runs on", "hosted on", "host", "hostname", "host name", "server", "deployed on"),
    "part_of": ("part of", "parent system", "parent application", "parent component"),
    "store": (
        "data store", "datastore", "database", "dataset", "information asset", "data set", "table", "bucket",
    ),
    "data_class": (
        "data classes", "data class", "data", "data types", "data type", "data categories", "data category",
        "data shared", "data accessed", "data processed", "data handled", "data held", "personal data",
        "classes of data", "types of data", "information types", "daten", "datenkategorien", "datenarten", "données",
        "categories of data",
    ),
    "reads": ("reads", "reads from", "inputs", "data sources"),
    "writes": ("writes", "writes to", "outputs"),
    "feed": ("feed", "feeds", "data feed", "inbound feed"),
    "process": (
        "process", "business process", "function", "business function", "supported process", "critical function",
        "geschäftsprozess",
    ),
    "description": (
        "description", "service description", "summary", "purpose", "what they do", "services provided", "beschreibung",
    ),
    "tags": ("tags", "labels"),
    "zone": ("zone", "environment", "network zone", "trust zone", "network", "segment", "umgebung"),
    "owner": (
        "owner", "business owner", "internal owner", "responsible", "accountable", "contact", "relationship owner",
        "data owner", "system owner", "service owner", "team", "verantwortlich", "responsable",
    ),
    "party_role": ("vendor type", "relationship", "relationship type", "party role", "third party type"),
    "contract_end": (
        "contract end", "contract end date", "end date", "renewal", "renewal date", "expiry of contract",
        "contract expiry", "contract expiration", "term end", "vertragsende", "fin de contrat",
    ),
    "substitutability": ("substitutability", "replaceability", "substitutable", "ease of replacement"),
    "criticality": (
        "criticality", "crit", "critical", "business criticality", "vendor criticality", "tier", "risk tier",
        "risk rating", "risk", "importance", "impact", "kritikalität", "criticité",
    ),
    "last_review": (
        "last review", "last reviewed", "last review date", "review date", "reviewed", "reviewed on", "last assessment",
        "last assessed", "last audit", "assessment date", "letzte prüfung", "dernière revue",
    ),
    "governance": (
        "soc 2", "soc2", "iso 27001", "dpa", "dpa signed", "nda", "pci dss", "certifications", "certificates",
        "what they access", "how", "how they access", "type", "vendor category", "category", "notes", "note", "comment",
        "comments", "remarks", "remark", "status", "country", "location", "next review", "questionnaire", "bemerkung",
        "bemerkungen", "remarques", "kategorie", "art", "typ", "land", "pays", "catégorie",
    ),
    "credential_type": ("credential type", "auth type", "authentication", "auth method", "key type", "token type"),
    "second_factor": (
        "mfa", "2fa", "mfa method", "second factor", "two factor", "two factor authentication", "mfa type",
        "multi factor authentication", "authentication methods", "factor", "factors",
    ),
    "expires": ("expires", "expiry", "expiry date", "expires on", "expiration", "expiration date", "valid until"),
    "dormant": ("dormant", "inactive", "unused", "stale"),
    "justification": ("justification", "business justification", "reason", "begründung"),
    "needed": ("needed", "still needed", "required", "keep"),
    "used": ("in use", "used", "actively used"),
    "access": ("access", "access type", "access level", "level of access", "zugriff"),
    "classification": (
        "classification", "data classification", "sensitivity", "confidentiality", "klassifizierung",
    ),
    "records": ("records", "record count", "number of records", "no of records", "rows", "data subjects", "volume"),
    "crown_jewel": ("crown jewel", "business critical", "mission critical", "critical asset"),
    "tolerance_h": ("rto", "rto h", "rto hours", "max tolerable downtime", "tolerance hours"),
}  # fmt: skip
_TAIL = re.compile(r"\b(name|names|title|s|list|of|the|our|their)\b")
_MARKS = ("|", ";", "\n")
_IN_PART = frozenset(
    (
        "party",
        "service",
        "store",
        "data_class",
        "owner",
        "zone",
        "scope",
        "credential",
        "contract_end",
        "classification",
        "records",
    )
)
_PARTLY = 1000
_EXACT = {word: role for role, words in WORDS.items() for word in words}


def proposal(sheet: Sheet) -> dict[str, Any]:
    """The options that the header's words suggest; ``{}`` when they suggest nothing."""
    found = [(*role, column) for column in sheet.columns if not looks_secret(column) for role in _role(column)]
    least: dict[str, int] = {}
    for doubt, role, _ in found:
        least[role] = min(doubt, least.get(role, doubt))
    columns: dict[str, Any] = {}
    for doubt, role, column in found:
        if role not in columns and role != "governance" and doubt == least[role]:
            columns[role] = _described(sheet, column, role)
    meaning = _meaning(columns)
    if not meaning:
        return {}
    _of_classes(columns, meaning)
    fitting = {role: column for role, column in columns.items() if meaning in ONLY.get(role, (meaning,))}
    beside = _beside(sheet, fitting, {column for _, _, column in found}) if "party" in fitting else []
    order = _day_or_month_first(sheet, fitting)
    return {"rows": meaning, "columns": fitting | ({"governance": beside} if beside else {})} | order


def left_over(sheet: Sheet, options: Mapping[str, Any]) -> list[str]:
    """The filled columns that a proposal makes nothing of, without those that only number the rows."""
    mapped = _mapped(options["columns"])
    return [
        column for column in sheet.columns if column not in mapped and not _is_count(column) and _filled(sheet, column)
    ]


def _of_classes(columns: dict[str, Any], meaning: str) -> None:
    """A list of data has stores for its classes; elsewhere a class is what it is, and no store to be marked."""
    if meaning == "data":
        classes = columns.pop("data_class", None)
        if classes is not None:
            columns.setdefault("classification", classes["column"] if isinstance(classes, dict) else classes)
    elif meaning in ("vendors", "access") and "store" not in columns:
        columns.pop("crown_jewel", None)
        columns.pop("classification", None)


def _beside(sheet: Sheet, columns: dict[str, Any], known: set[str]) -> list[str]:
    """The filled columns with words that are known, and no role of their own: they are kept beside the party."""
    mapped = _mapped(columns)
    return [column for column in sheet.columns if column in known - mapped and _filled(sheet, column)]


def _mapped(columns: dict[str, Any]) -> set[str]:
    """The titles of the columns that have a role."""
    listed = [item for value in columns.values() for item in (value if isinstance(value, list) else [value])]
    return {item["column"] if isinstance(item, dict) else item for item in listed}


def _is_count(column: str) -> bool:
    return re.sub(r"[^a-z]", "", column.lower()) in ("", "no", "nr", "num", "number", "row", "lfdnr", "column")


def _filled(sheet: Sheet, column: str) -> bool:
    return any(row[column].strip() for row in sheet)


def _day_or_month_first(sheet: Sheet, columns: dict[str, Any]) -> dict[str, str]:
    """How the columns of dates write day and month, where they leave it open in one cell and say it in another."""
    dated = _mapped({role: columns[role] for role in (*DATES, "last_review") if role in columns})
    texts = [row[column] for row in sheet for column in dated]
    order = order_of(texts) if any(map(is_ambiguous, texts)) else None
    return {"dates": order} if order else {}


def as_text(found: dict[str, Any]) -> str:
    """Options on one line, as YAML and JSON both read them."""
    return json.dumps(found, ensure_ascii=False)


def _role(column: str) -> Iterator[tuple[int, str]]:
    """What a column seems to be, if anything, and how much doubt there is: the words of a role stand in order."""
    plain = " ".join(re.sub(r"[^\w]+", " ", re.sub(r"\(column [A-Z]+\)|\(s\)", " ", column).lower()).split())
    plain = plain.replace("_", " ")
    short = " ".join(_TAIL.sub(" ", plain).split())
    word = plain if plain in _EXACT else short
    if word in _EXACT:
        yield WORDS[_EXACT[word]].index(word), _EXACT[word]
    elif partly := next(_longest(short), None):
        yield _PARTLY, partly


def _longest(text: str) -> Iterator[str]:
    """The roles whose words are at the end or the start of a header, the longest words first."""
    for word in sorted(_EXACT, key=lambda item: (-len(item), item)):
        if len(word) > 3 and _EXACT[word] in _IN_PART and (text.endswith(f" {word}") or text.startswith(f"{word} ")):
            yield _EXACT[word]


def _described(sheet: Sheet, column: str, role: str) -> Any:
    several = (
        "relies_on",
        "scope",
        "service",
        "used_by",
        "depends_on",
        "runs_on",
        "part_of",
        "store",
        "data_class",
        "reads",
        "writes",
        "feed",
        "tags",
    )
    marks = separators(row[column] for row in sheet) if role in several else []
    return {"column": column, "separator": marks[0] if len(marks) == 1 else marks} if marks else column


def separators(cells: Iterable[str]) -> list[str]:
    """The marks that cells seem to be lists by; a comma only where it parts words, and no cell has another mark too."""
    texts = [cell.strip() for cell in cells]
    commas = [text for text in texts if "," in text]
    found = [mark.replace("\n", "newline") for mark in _MARKS if any(mark in text for text in texts)]
    short = all(len(part.split()) <= 4 for text in texts for part in text.split(","))
    if commas and short and not any(mark in text for text in commas for mark in _MARKS):
        found.append(",")
    return found


def _meaning(columns: dict[str, Any]) -> str | None:
    if "party" in columns:
        return "access" if columns.keys() & {"scope", "credential"} and "contract_end" not in columns else "vendors"
    if "credential" in columns and columns.keys() & {"scope", "service"}:
        columns["party"] = columns.pop("credential")
        return "access"
    if "service" in columns:
        return "components"
    if "store" not in columns and "data_class" in columns:
        columns["store"] = columns.pop("data_class")
    return "data" if "store" in columns else None
