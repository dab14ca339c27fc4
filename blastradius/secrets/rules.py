"""The kinds of secret that are recognised: tokens by their prefix, and values by what stands before them.

A rule is tried only where one of its hints stands, and its pattern is compiled when that first happens. Lengths are
lower than what vendors issue: a token that was cut short is as much to be kept out.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

_WORD = re.compile(r"(?:[A-Z]{1,5}|[A-Z]?[a-z]+(?:[A-Z][a-z]+)*)\d{0,4}|\d{1,8}")
_PLACEHOLDER = re.compile(
    r"[<\[({…`/]|~/|\$(?:[{(]|[A-Za-z_]+(?![\w!@#]))|%[({sdA-Z]|\*{3}|\.{3}|[xX]{4}|[A-Za-z_][\w.]*\("
)
_NO_VALUES = """none null true false undefined required optional string boolean integer number object unknown expired
changed hidden redacted masked missing invalid incorrect disabled enabled rotated revoked removed dropped encrypted
hashed stored managed generated needed protected shared mandatory supported unsupported forgotten policy manager"""
_NO_VALUE = frozenset(_NO_VALUES.split())
_KEYS_OF = ("api", "access", "account", "private", "auth", "subscription", "encryption", "signing")
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_SYMBOL = re.compile(r"[^\w\s.,;:()-]")


def random_like(value: str) -> bool:
    """Whether a value is no name: eight characters or more, digits among letters, and a part that is no word."""
    if len(value) < 8 or not re.search(r"\d", value) or not re.search(r"[A-Za-z]", value):
        return False
    return any(part and not _WORD.fullmatch(part) for part in re.split(r"[^A-Za-z0-9]+", value))


def _anything(_found: re.Match[str]) -> bool:
    return True


def _random(found: re.Match[str]) -> bool:
    return random_like(found["value"])


def _stated(found: re.Match[str]) -> bool:
    value = found["value"].rstrip(".,:;)")
    return not _PLACEHOLDER.match(value) and value.lower() not in _NO_VALUE


def _option(found: re.Match[str]) -> bool:
    return _stated(found) and bool(re.search(r"\d|[^\w-]", found["value"]))


def _follows(found: re.Match[str]) -> bool:
    """Whether what follows a key's name is its value: by the sign between them, and what the value looks like.

    ``=`` assigns. A colon may as well be a part of a path, a scope or an ARN, or begin a sentence.
    """
    sign, value, password = found["sign"], found["value"], found["password"]
    if not _stated(found):
        return False
    if "=" in sign:
        return bool(password) or (len(value) >= 6 and not value.isdecimal()) or len(value) >= 16
    if sign[0] == ":" and (_in_path(found) or (sign == ":" and _UUID.fullmatch(value))):  # token:UUID names a thing
        return False
    if random_like(value) or (sign[-1].isspace() and len(value) >= 10 and value.isalpha() and value.isupper()):
        return True
    if not password:
        return False
    apart = sign[-1].isspace()
    alone = found["quote"] or (apart and found.end() == len(found.string.rstrip()))
    mixed = re.search(r"\d", value) and (apart or re.search(r"[A-Z]", value))
    return len(value) >= 6 and bool(alone or mixed or _SYMBOL.search(value))


def _in_path(found: re.Match[str]) -> bool:
    """Whether the key's name is a part of a path (``/v1/secret:rotate``) or of an ARN."""
    before = found.string[max(0, found.start() - 500) : found.start()]
    word = "" if before[-1:].isspace() else "".join(before.split()[-1:])
    return word.rstrip(_OF_NAMES).endswith("/") or word.lstrip("'\"([").startswith("arn:")


class Rule(NamedTuple):
    """A kind of secret: its hints (lower case), the pattern that begins at a hint, and what a match must be.

    Where the pattern has a group ``cut``, that is what is cut out; else the whole match is.
    """

    kind: str
    hints: tuple[str, ...]
    pattern: str
    holds: Callable[[re.Match[str]], bool] = _anything

    def span(self, text: str, place: int) -> tuple[int, int] | None:
        """Where the secret stands whose hint stands at a place; ``None`` where there is none."""
        found = _compiled(self.pattern).match(text, place)
        if found is None or not self.holds(found):
            return None
        return found.span("cut" if "cut" in found.re.groupindex else 0)


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


_OF_NAMES = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-"
_TAIL = r"[^\s'\"]*"
_TOKENS = r"""
AWS access key id          | AKIA ASIA ABIA ACCA             | [0-9A-Z]{16}\b | known
AWS Bedrock API key        | ABSK                            | [A-Za-z0-9+/]{40,}
GitHub token               | ghp_ gho_ ghu_ ghs_ ghr_        | [A-Za-z0-9]{20,} | known
GitHub fine-grained token  | github_pat_                     | \w{20,} | known
GitLab token               | glpat- gldt- glrt- glptt- glft- glimt- glagent- gloas- glcbt- glsoat- | [\w.-]{16,}
Slack token | xoxa- xoxb- xoxe- xoxe. xoxo- xoxp- xoxr- xoxs- xapp- | (?![\w-]*token|X{4})[\w-]{10,} | known
Stripe key                 | sk_live_ sk_test_ rk_live_ rk_test_ | [A-Za-z0-9]{16,} | known
webhook signing secret     | whsec_                          | [A-Za-z0-9+/=]{16,}
Google API key             | AIza                            | [\w-]{35}
Google OAuth client secret | GOCSPX-                         | [\w-]{16,}
Google OAuth token         | ya29. 1//0                      | [\w-]{20,}
Anthropic key              | sk-ant-                         | [\w-]{16,}
OpenAI key                 | sk-proj- sk-svcacct- sk-admin- sk- | [\w-]{16,}
Hugging Face token         | hf_ api_org_                    | [A-Za-z0-9]{20,}
other model providers' key | gsk_ xai- r8_ pplx- fw_ nvapi-  | [\w-]{20,}
npm token                  | npm_                            | [A-Za-z0-9]{20,}
PyPI token                 | pypi-                           | [\w-]{16,}
RubyGems, crates.io, NuGet, Clojars token | rubygems_ cio oy2 CLOJARS_ | [A-Za-z0-9]{30,}
Docker Hub token           | dckr_pat_ dckr_oat_             | [\w-]{16,}
HashiCorp Vault token      | hvs. hvb. hvr.                  | [\w-]{16,}
DigitalOcean token         | dop_v1_ doo_v1_ dor_v1_         | [a-f0-9]{32,}
Databricks token           | dapi                            | [a-f0-9]{32}
SendGrid key               | SG.                             | [\w-]{16,}(?:\.[\w-]+)?
Mailgun, Mailchimp key     | key- pubkey-                    | [a-f0-9]{32}\b
Brevo key                  | xkeysib- xsmtpsib-              | [a-f0-9-]{32,}
Resend key                 | re_                             | [A-Za-z0-9]{8,}_[A-Za-z0-9]{16,}
Shopify token              | shpat_ shpca_ shppa_ shpss_     | [A-Fa-f0-9]{16,}
Square token               | sq0atp- sq0csp- EAAA            | [\w-]{22,}
New Relic key              | NRAK- NRII- NRJS- NRIQ-         | [\w-]{16,}
Grafana token              | glsa_ glc_                      | [\w+/=]{20,}
Sentry token               | sntrys_ sntryu_                 | [\w+/=.-]{20,}
Sonar token                | sqp_ squ_ sqa_                  | [a-f0-9]{32,}
Atlassian token            | ATATT3 ATCTT3 ATBB              | [\w=-]{20,}
Postman key                | PMAK-                           | [a-f0-9-]{24,}
Linear, Figma, Notion token | lin_api_ lin_oauth_ figd_ ntn_ secret_ | [\w-]{30,}
Airtable token             | pat                             | [A-Za-z0-9]{14}\.[a-f0-9]{32,}
Terraform Cloud token      | atlasv1. .atlasv1.              | [\w=-]{30,}
Pulumi, Prefect, Doppler token | pul- pnu_ dp.pt. dp.st.      | [\w.-]{30,}
Fly, Render, Vercel, Netlify, Heroku token | fo1_ fm2_ rnd_ vcp_ nfp_ HRKU-AA | [\w-]{20,}
Supabase, PlanetScale, Aiven secret | sbp_ sb_secret_ pscale_pw_ pscale_tkn_ AVNS_ | [\w.=-]{16,}
Buildkite, CircleCI, Tailscale token | bkua_ CCIPAT_ tskey-  | [\w-]{20,}
JFrog key                  | AKCp cmVmdGtu                   | [A-Za-z0-9]{50,}
Dynatrace token            | dt0c01. dt0s01.                 | [A-Z0-9]{20,}\.[A-Z0-9]{32,}
1Password token            | ops_ey                          | [\w=-]{30,}
OpenShift token            | sha256~                         | [\w-]{30,}
age key                    | AGE-SECRET-KEY-1                | [0-9A-Z]{30,}
"""


def _token_rules() -> list[Rule]:
    rows = [[part.strip() for part in line.split(" | ")] for line in _TOKENS.strip().splitlines()]
    return [_token(*row) for row in rows]


def _token(kind: str, listed: str, shape: str, sure: str = "") -> Rule:
    """A token by its prefix; where the prefix alone does not make ``sure``, what follows must look random."""
    prefixes = listed.split()
    pattern = rf"(?<![A-Za-z0-9])(?:{'|'.join(map(re.escape, prefixes))})(?P<value>{shape}){_TAIL}"
    return Rule(kind, tuple(prefix.lower() for prefix in prefixes), pattern, _anything if sure else _random)


_NAMES = (
    *("passwor", "passwd", "passphrase", "pwd", "pass", "kennwort", "wachtwoord", "contraseña", "mot de passe"),
    *("secret", "token", "credential", "shared_access_signature", "sharedaccesssignature"),
    *(f"{what}{sep}key" for what in _KEYS_OF for sep in ("", "_", "-")),
)
_NAMED = r"""(?xi)
(?: (?P<password> passwor[dt] | passwd | passphrase | pwd | (?<![a-z]) pass | kennwort | wachtwoord | contraseña
      | mot\ de\ passe )
  | secret (?: [_-]? (?: access[_-]? )? key )? | token | credential | shared_?access_?signature
  | (?: KEYS ) [_-]? key )
(?: [_-]? (?: value | \d ) )? ['"]?
(?P<sign> \s* :?=(?![=>]) \s* | \s* => \s* | \s* :\s* | \s+(?:is|was)\s+ ) (?P<quote> ['"] )?
(?P<value> [^\s'"&;,<]{4,} | <[^>]*> ) [^\s'"]*""".replace("KEYS", "|".join(_KEYS_OF))

RULES = (
    Rule("private key", ("-----begin",), r"-----BEGIN[ A-Z]* PRIVATE KEY[\s\S]*?(?:-----END[ A-Z]*-----|\Z)"),
    Rule("PuTTY key", ("putty-user-key-file",), r"PuTTY-User-Key-File[\s\S]*"),
    Rule("JSON web token", ("eyj",), rf"\beyJ[\w-]{{8,}}\.eyJ[\w-]{{8,}}\.{_TAIL}"),
    *_token_rules(),
    Rule("Entra client secret", ("q~",), rf"(?<=[\w~.-]{{3}}\d)Q~[\w~.-]{{24,}}{_TAIL}"),
    Rule("Telegram bot token", (":aa",), rf"(?<=\d{{8}}):AA[\w-]{{30,}}{_TAIL}"),
    Rule("Slack webhook", ("hooks.slack.com",),
         rf"hooks\.slack\.com/(?:services|workflows|triggers)(?:/\w+){{2,}}{_TAIL}"),
    Rule("Teams webhook", ("webhook.office.com",), rf"webhook\.office\.com/webhookb?2?/[\w-]{{8,}}{_TAIL}"),
    Rule("Discord webhook", ("/api/webhooks/",), rf"/api/webhooks/\d+/[\w-]{{8,}}{_TAIL}"),
    Rule("Zapier webhook", ("hooks.zapier.com",), rf"hooks\.zapier\.com/hooks/catch/\d+/\w+{_TAIL}"),
    Rule("password in a URL", ("://",), r"://[^\s/@:?#'\"]{0,200}:(?P<cut>(?P<value>[^\s/@'\"]{3,}))@", _stated),
    Rule("token as the user of a URL", ("://",), r"://(?P<cut>(?P<value>[\w.~-]{20,}))@", _random),
    Rule("signature in a URL", ("sig=", "signature=", "x-amz-", "x-goog-"),
         r"(?i)(?<=[?&])(?:sig|signature|x-(?:amz|goog)-(?:signature|security-token))="
         rf"(?P<value>[^\s&'\"]{{8,}}){_TAIL}", _stated),
    Rule("key in a URL", ("key=", "code=", "auth="),
         rf"(?i)(?<=[?&])(?:key|code|auth)=(?P<value>[^\s&'\"]{{8,}}){_TAIL}", _random),
    Rule("authorization header", ("bearer ", "basic ", "authorization"),
         r"(?i)(?:(?<!\w)(?:bearer|basic)\s+|authorization['\"]?\s*[:=]\s*['\"]?(?:\w+\s+)?)"
         rf"(?P<value>[\w.~+/-]{{8,}}=*){_TAIL}", _random),
    Rule("option of a command", ("--pass", "--pwd", "--token", "--secret", "--api-key"),
         r"(?i)--(?:password|passwd|pwd|pass|token|secret|api-key)\s+(?P<value>\S{6,})", _option),
    Rule("user and password of a command", (" -u ",), r"\s-u\s+[^\s:]+:(?P<cut>(?P<value>[^\s'\"]{4,}))", _stated),
    Rule("value of a key by its name", _NAMES, _NAMED, _follows),
)  # fmt: skip
