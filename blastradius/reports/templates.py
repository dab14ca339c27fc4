"""The library of scenarios worth an exercise, as data: what happens, what it takes in an estate, who saw it happen.

``level`` is how far the precedents went. Techniques are those of MITRE ATT&CK, or of MITRE ATLAS where it says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from blastradius.model import ControlKind, Kind, Level, Verb

MODELLED = "examples/incidents"
"""Where in the repository precedents are modelled."""


@dataclass(frozen=True)
class Precedent:
    """A public incident; ``modelled`` is its folder in ``MODELLED``, ``shown`` by researchers only."""

    name: str
    year: int
    modelled: str = ""
    shown: bool = False


@dataclass(frozen=True)
class Technique:
    """A technique of an attacker, as MITRE catalogues it."""

    id: str
    name: str
    catalogue: Literal["ATT&CK", "ATLAS"] = "ATT&CK"


@dataclass(frozen=True)
class Tie:
    """A relation that has to be there: its verbs, and the end at which that stands which a scenario starts from.

    ``obeys`` is whether what comes along it is acted on, where that matters; ``source`` which kind is at its source.
    An operation at that end stands for the services that serve it.
    """

    verbs: frozenset[Verb]
    end: Literal["source", "target"]
    obeys: bool | None = None
    source: Kind | None = None


Whose = Literal["anybody's", "a third party's", "not ours"]


@dataclass(frozen=True)
class Template:
    """A scenario that may be found in an estate several times.

    ``ways`` are how it starts at each kind of thing that it can start from; ``says`` what happens, with their names;
    ``needs`` what an estate has to state, and ``missing`` that it does not. ``types`` of keys and ``content`` of feeds
    are those that fit, all where none is named. A control of ``asked_away``, or one that is misled, has to guard the
    key, and is taken not to work. What is of one ``together`` starts at once: all keys of one party, all that lies in
    a zone of others.
    ``hours`` is how long what stops stays so: longer than any buffer where it is ``None``.
    """

    id: str
    title: str
    says: str
    needs: str
    missing: str
    ways: dict[Kind, str]
    ties: tuple[Tie, ...]
    level: Level
    precedents: tuple[Precedent, ...]
    techniques: tuple[Technique, ...] = ()
    whose: Whose = "anybody's"
    types: frozenset[str] = frozenset()
    content: frozenset[str] = frozenset()
    asked_away: frozenset[ControlKind] = frozenset()
    together: Literal["", "party", "zone"] = ""
    hours: float | None = None


def _tie(verbs: str, end: Literal["source", "target"], *, obeys: bool | None = None, source: Kind | None = None) -> Tie:
    return Tie(frozenset(map(Verb, verbs.split())), end, obeys, source)


_TRUSTED = Technique("T1199", "Trusted Relationship")
_ACCOUNTS = Technique("T1078", "Valid Accounts")

TEMPLATES: tuple[Template, ...] = (
    Template(
        id="stolen-tokens",
        title="An integration's tokens are stolen",
        says="keys are stolen: {starts}",
        needs="keys that a third party holds (holds), or of which nobody says who does, and what they open (grants)",
        missing="no key that a third party holds, and that opens something, is stated",
        ways={Kind.CREDENTIAL: "leak"},
        ties=(_tie("grants", "source"),),
        whose="not ours",
        types=frozenset({"oauth_token", "api_key", "client_secret", "session", "job_token"}),
        together="party",
        level=Level.ABUSED,
        techniques=(
            Technique("T1528", "Steal Application Access Token"),
            Technique("T1550.001", "Use Alternate Authentication Material: Application Access Token"),
            _TRUSTED,
        ),
        precedents=(
            Precedent("Salesloft Drift and Cloudflare", 2025, "salesloft_drift_cloudflare_2025"),
            Precedent("Heroku, Travis CI and npm", 2022, "heroku_npm_2022"),
            Precedent("Dropbox Sign", 2024, "dropbox_sign_2024"),
        ),
    ),
    Template(
        id="third-party-taken-over",
        title="A third party is taken over",
        says="{starts} is taken over",
        needs="third parties (role), and what each owns, holds or publishes",
        missing="no third party that owns, holds or publishes something is stated",
        ways={Kind.PARTY: "compromise"},
        ties=(_tie("owns holds publishes", "source"),),
        whose="a third party's",
        level=Level.LATERAL,
        techniques=(_TRUSTED, _ACCOUNTS),
        precedents=(
            Precedent("Target and Fazio", 2013, "target_fazio_2013"),
            Precedent("700Credit", 2025, "partner_api_700credit_2025"),
            Precedent("Kojima and Toyota", 2022, "kojima_toyota_2022"),
        ),
    ),
    Template(
        id="vendor-stop",
        title="A vendor stands still after ransomware",
        says="{starts} stands still after ransomware, for weeks",
        needs="third parties (role), and what they run for us or we depend on (owns, publishes, depends_on)",
        missing="no third party that runs something, or that we depend on, is stated",
        ways={Kind.PARTY: "outage"},
        ties=(_tie("owns publishes", "source"), _tie("depends_on", "target")),
        whose="a third party's",
        level=Level.GRANTED,
        techniques=(Technique("T1486", "Data Encrypted for Impact"),),
        precedents=(
            Precedent("Change Healthcare", 2024, "change_healthcare_2024"),
            Precedent("Blue Yonder", 2024, "blue_yonder_2024"),
            Precedent("Kojima and Toyota", 2022, "kojima_toyota_2022"),
        ),
    ),
    Template(
        id="region-out",
        title="A cloud region, or another platform, is out",
        says="{starts} is out for a day",
        needs="services of others that ours run on or depend on (runs_on, depends_on), and the zone they lie in",
        missing="no service of others that ours run on or depend on is stated",
        ways={Kind.SERVICE: "outage"},
        ties=(_tie("runs_on", "target"), _tie("depends_on", "target", source=Kind.SERVICE)),
        whose="a third party's",
        together="zone",
        level=Level.GRANTED,
        hours=24,
        precedents=(
            Precedent("OVHcloud, the fire in Strasbourg", 2021),
            Precedent("Google Cloud, Paris (europe-west9)", 2023),
            Precedent("Amazon Web Services, us-east-1", 2025),
        ),
    ),
    Template(
        id="poisoned-feed",
        title="A feed is poisoned",
        says="somebody chooses what {starts} says",
        needs="feeds of data or content from others, and who takes them in (consumes, reads)",
        missing="no feed from others that somebody takes in is stated",
        ways={Kind.FEED: "poison"},
        ties=(_tie("consumes reads", "target", obeys=False),),
        whose="not ours",
        content=frozenset({"data", "content"}),
        level=Level.ABUSED,
        techniques=(Technique("T1565", "Data Manipulation"),),
        precedents=(
            Precedent("Associated Press, the false report that moved markets", 2013),
            Precedent("Mango Markets", 2022),
        ),
    ),
    Template(
        id="wrong-feed",
        title="A feed is wrong by mistake",
        says="{starts} is wrong, and nobody means it",
        needs="feeds from others, and who takes them in or installs them (consumes, reads, installs)",
        missing="no feed from others that somebody takes in or installs is stated",
        ways={Kind.FEED: "wrong"},
        ties=(_tie("consumes reads installs", "target"),),
        whose="not ours",
        level=Level.GRANTED,
        precedents=(
            Precedent("CrowdStrike channel file", 2024, "crowdstrike_2024"),
            Precedent("GPS time offset", 2016, "gps_utc_offset_2016"),
            Precedent("NYSE price bands", 2024, "nyse_price_bands_2024"),
            Precedent("Synthetix price oracle", 2019, "synthetix_oracle_2019"),
            Precedent("Venus and Blizz", 2022, "venus_blizz_2022"),
        ),
    ),
    Template(
        id="malicious-update",
        title="An update is malicious",
        says="a malicious update comes with {starts}",
        needs="what somebody installs (installs): feeds of code or content, stores of packages",
        missing="nothing that somebody installs is stated",
        ways={Kind.FEED: "poison", Kind.STORE: "poison"},
        ties=(_tie("installs", "target"),),
        level=Level.LATERAL,
        techniques=(Technique("T1195.002", "Supply Chain Compromise: Compromise Software Supply Chain"),),
        precedents=(
            Precedent("SolarWinds", 2020),
            Precedent("Codecov and HashiCorp", 2021, "codecov_hashicorp_2021"),
            Precedent("Kaseya VSA", 2021),
            Precedent("3CX", 2023),
            Precedent("Ledger Connect Kit", 2023, "ledger_connect_kit_2023"),
        ),
    ),
    Template(
        id="told-by-a-message",
        title="An agent, or a person, is told what to do by a message",
        says="{starts} says what to do, and it is done",
        needs="what an agent or a person acts on (obeys, on consumes, reads or calls)",
        missing="nothing that an agent or a person acts on is stated (obeys)",
        ways={Kind.FEED: "poison", Kind.STORE: "poison", Kind.SERVICE: "compromise"},
        ties=(_tie("consumes reads calls", "target", obeys=True),),
        level=Level.ABUSED,
        techniques=(
            Technique("AML.T0051.001", "LLM Prompt Injection: Indirect", "ATLAS"),
            Technique("T1656", "Impersonation"),
        ),
        precedents=(
            Precedent("Bybit and Safe", 2025, "bybit_safe_2025"),
            Precedent("Arup, the false video call", 2024),
            Precedent("EchoLeak in Microsoft 365 Copilot", 2025, shown=True),
        ),
    ),
    Template(
        id="talked-round",
        title="A helpdesk is talked round",
        says="a helpdesk is talked round: {starts}",
        needs="passwords guarded by a second factor that can be asked away (mfa), and what they open (grants)",
        missing="no password with a second factor that can be asked away, and that opens something, is stated",
        ways={Kind.CREDENTIAL: "leak"},
        ties=(_tie("grants", "source"),),
        types=frozenset({"password"}),
        asked_away=frozenset({ControlKind.MFA}),
        level=Level.ABUSED,
        techniques=(
            Technique("T1566.004", "Phishing: Spearphishing Voice"),
            Technique("T1656", "Impersonation"),
            _ACCOUNTS,
        ),
        precedents=(
            Precedent("MGM Resorts", 2023),
            Precedent("Clorox and Cognizant", 2023),
            Precedent("Marks & Spencer", 2025),
        ),
    ),
)
