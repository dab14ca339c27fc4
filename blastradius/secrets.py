"""What looks like a key, a password or a token, and how a text is said without it."""

from __future__ import annotations

import re

_KEY_LIKE = re.compile(
    r"""(?x)
    -----BEGIN[ ][A-Z ]*PRIVATE[ ]KEY [\s\S]*?(?:-----END[ A-Z]*-----|\Z)
    | (?:
        (?<![A-Za-z0-9]) (?: (?:AKIA|ASIA)[0-9A-Z]{16}\b       # AWS access key id
            | gh[pousr]_[A-Za-z0-9]{20,} | github_pat_\w{20,} )
        | \bxox[abpors]-[A-Za-z0-9-]{10,}
        | \b[sr]k_(?:live|test)_[A-Za-z0-9]{16,}
        | \bAIza[0-9A-Za-z_-]{35}\b
        | \beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.       # JSON web token
        | (?i: (?<![A-Za-z0-9]) (?: passw(?:or)?d['"]?\s*[=:]\s*
            | (?:secret|token|api[_-]?key)['"]?\s*
                (?:=\s*|:\s+|(?<!:secret):(?=\S*\d)) ) \S{6,} )   # ':secret:' is a part of ARNs
      ) [^\s'"]*
    """
)
_HINTS = (
    *("private key", "akia", "asia", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"),
    *("xox", "k_live_", "k_test_", "aiza", "eyj", "passw", "secret", "token", "api_key", "api-key", "apikey"),
)
"""Each match has one of these: most texts have none, and need no closer look."""


def looks_secret(text: str) -> bool:
    """Whether a text looks like a key, a password or a token rather than a name."""
    lower = text.lower()
    for hint in _HINTS:
        if hint in lower:
            return _KEY_LIKE.search(text) is not None
    return False


def redacted(text: str) -> str:
    """A text with ``[secret]`` in the place of what looks like one; what every error and every note passes through."""
    return _KEY_LIKE.sub("[secret]", text) if looks_secret(text) else text


def quoted(value: object, length: int = 60) -> str:
    """A value as a message quotes it: without secrets, and cut to a length."""
    text = redacted(repr(value))
    return text if len(text) <= length else f"{text[: length - 3]}..."
