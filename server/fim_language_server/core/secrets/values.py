"""The look of a value: a secret, or a stand-in for one (`changeme`, `${TOKEN}`, `<your-key>`)."""

from __future__ import annotations

import math
import re
from collections import Counter
from functools import cache
from itertools import pairwise
from typing import Final

from fim_language_server.core.secrets import public_rules

_STANDS_FOR_ANOTHER: Final = re.compile(
    r"""(?ix)
      ^(?: (.)\1* | \.{2,} | [x*•_.\-]{3,} .{0,3} | .{0,3} [x*•]{4,} )$   # one character, or masked already
    | ^[<\[({].*[>\])}]$ | <[\w .:/-]{2,60}> | \$\{ | \$\( | \{\{ | \#\{ | ^\$[a-z_]\w{0,60}$ | ^\$[1-9@*]$
    | ^%\w{1,60}%$ | ^@\w{1,60}@$ | ^__\w{1,60}__$ | %\( | ^%[sdrvq]$ | ^\{[\w.!:]{0,60}\}$ | ^:[a-z_]\w{0,40}$ | ^[?*]$
    | ^[a-z_][\w.]{0,60}\[[\w"']{1,30}\]\)?$ | \(\?[:=!<P] | \{\w{1,30}\}\. | \.\{\w{1,30}\} | ^user(?:name)?\[?:pass
    | process\.env | import\.meta | os\.environ | (?:get)?env[.(\[] | ^secrets?\. | ^vars?\. | ^env[.:]
    | ^(?:arn:aws|projects/|vault:|vault/|op://|secret://|sm://|keyring:|ssm:|aws-sm:|ref\+|akv:|file:|env:|enc:|!vault)
    """
)
"""Forms that refer to a value, or blank it out."""

_SAYS_SO: Final = re.compile(
    r"(?i)change[-_. ]?(?:me|it|this)|replace[-_. ]?(?:me|this|with)|^replace|(?:^|[^a-z])your[-_. ]?[a-z]|your[-_ ]|"
    r"example|(?:^|[^a-z])(?:sample|dummy|fake|mock|stub|todo|fixme|redacted|masked|removed|hidden|omitted|insert|"
    r"enter|some|here|goes|put|set|fill|add|to-?do|tbd|n/?a|none|null|nil|undefined|empty|unset|optional|required|"
    r"placeholder|default|string|value|text|foo|bar|baz)(?:[^a-z]|$)|placeholder|redacted|xxxx|\*\*\*|\.\.\.|"
    r"not[-_ ]?(?:a[-_ ]?)?(?:real|secret)|no[-_ ]?(?:password|token|key)"
)
"""Words by which people say that a value is none."""

_WORD_TABLE: Final = """
    password passwd passphrase passcode pwd pass secret secrets token tokens key keys apikey api_key api-key auth
    bearer basic credential credentials creds user username login admin root true false yes no on off none null
    nil undefined string str text number integer int bool boolean object array list dict bytes any optional
    required hidden visible private public protected internal readonly static const auto default email name id
    uuid utf8 utf-8 base64 hex ascii latin1 md5 sha1 sha256 sha512 bcrypt plain oauth oauth2 client_secret
    client-secret access_token access-token refresh_token refresh-token id_token csrf_token authorization
    authentication unauthorized invalid missing expired disabled enabled session cookie header query body form
    input label field column type password123 current-password new-password one-time-code
"""
_WORDS: Final = frozenset(_WORD_TABLE.split())
_NO_SECRET_FORM: Final = re.compile(
    r"""(?x)
      ^(?:[a-z]{2,10}://[^@]*|\.{0,2}/[\w./-]*|~/.*|[A-Za-z]:\\.*|\#[\w-]+|\.[a-z][\w-]*)$  # paths, selectors
    | ^[\w-]+(?:/[\w.-]+)+\.\w{1,5}$
    | ^(?:sha(?:1|224|256|384|512)|md5)[-:][A-Za-z0-9+/=]{16,}$  # what lock files check by
    """
)
_IDENTIFIER_PATH: Final = re.compile(r"^[A-Za-z_$][\w$]*(?:(?:\.|::|->|\?\.)[A-Za-z_$][\w$]*)+(?:\(\))?$")
_TOKEN: Final = re.compile(r"^[\w.~+/:=@%!$#&^*?-]+$", re.ASCII)


def entropy(text: str) -> float:
    """Return Shannon's entropy of a text's characters, in bits a character."""
    total = len(text)
    return -sum(count / total * math.log2(count / total) for count in Counter(text).values()) if total else 0.0


def is_stand_in(value: str) -> bool:
    """Say whether a value stands for a secret that is elsewhere, or for none."""
    value = value.strip(" \t\"'`,;")
    if _STANDS_FOR_ANOTHER.search(value) or _SAYS_SO.search(value):
        return True
    return value.lower().strip(" .:!?") in _WORDS or value.endswith((":", "?")) or bool(_NO_SECRET_FORM.match(value))


def is_blank_token(token: str) -> bool:
    """Say whether a token that has its issuer's form is one of a manual: `sk-xxxxxxxx`, `ghp_your-token-here`."""
    if re.search(r"(?i)x{5,}|\*{3}|\.{3}|example|your[-_]|placeholder|redacted|changeme|[-_]here\b|<", token):
        return True
    return len(token) >= 12 and entropy(token) < 2.2


def looks_like_password(value: str, *, is_certain: bool) -> bool:
    """Say whether a value that a password's name is given to is one.

    `is_certain` says that it cannot be a label of a form, such as `password: "Passwort"`.
    """
    value = value.strip()
    if len(value) < 3 or is_stand_in(value):
        return False
    words = value.split()
    if len(words) > 1:
        # A passphrase has many plain words; a sentence has capitals and marks.
        return is_certain and len(words) >= 4 and all(word.isalnum() and word.islower() for word in words)
    if _IDENTIFIER_PATH.match(value) and not any(c.isdigit() for c in value):
        return False
    return _is_mixed(value) or (is_certain and len(value) >= 5 and not _is_common(value)) or _is_plain(value)


def looks_like_token(value: str) -> bool:
    """Say whether a value that a token's or key's name is given to is one."""
    value = value.strip()
    if len(value) < 8 or is_stand_in(value) or not _TOKEN.match(value) or _IDENTIFIER_PATH.match(value):
        return False
    if _is_made_of_words(value):
        return False
    has_digit = any(c.isdigit() for c in value)
    has_letter = any(c.isalpha() for c in value)
    if not (has_digit and has_letter):
        # A name in words, or a number: only long random letters are left.
        return has_letter and len(value) >= 20 and _is_random(value)
    return entropy(value) >= (2.6 if len(value) < 16 else 3.0)


def looks_generic(value: str) -> bool:
    """Say what gitleaks says beside its expression: a digit, and no word that names have.

    Its list of words has many of three letters, which a random text of forty characters has by chance in one case of
    ten; they count only where the value is no random text.
    """
    if not any(c.isdigit() for c in value) or is_stand_in(value):
        return False
    if _IDENTIFIER_PATH.match(value) or _is_made_of_words(value):
        return False
    lower = value.lower()
    least = 6 if _is_random(value) else 3
    return not any(word in lower for word in stopwords() if len(word) >= least)


@cache
def stopwords() -> tuple[str, ...]:
    """Return gitleaks' words that no secret has, in lower case."""
    return tuple(word.lower() for word in public_rules.STOPWORDS)


def _is_made_of_words(value: str) -> bool:
    """Say whether a value is words with a number here and there: `token-type-2`, `MAX_TOKENS_V2`, `oauth2Client`."""
    words = re.findall(r"[A-Z]?[a-z]+|[A-Z]+|\d+", value)
    numbers = [word for word in words if word.isdigit()]
    letters = [len(word) for word in words if not word.isdigit()]
    if not letters or any(len(number) > 4 for number in numbers) or len(numbers) > 2:
        return False
    return sum(letters) / len(letters) >= 3.5 and len(numbers) < len(letters) + 1 and entropy(value) < 4.2


def _is_mixed(value: str) -> bool:
    """Say whether there are two kinds of characters, other than a capital at the beginning and parts of a name."""
    kinds = {_kind(c) for c in value[1:] if c not in "_-. "} | {_kind(value[0])} - {"upper"}
    if kinds == {"lower", "upper"} and re.match(r"^[A-Za-z]+$", value):
        return len(value) >= 10 and _is_random(value)  # camelCase is a name
    return len(kinds) >= 2


def _is_plain(value: str) -> bool:
    return len(value) >= 9 and value.isascii() and value.isalpha() and value.islower() and not _is_common(value)


def _is_common(value: str) -> bool:
    lower = value.lower()
    return lower in _WORDS or any(lower == word for word in stopwords()) or any(w in lower for w in _PARTS)


_PARTS: Final = ("password", "passwd", "secret", "token", "credential", "string", "valid", "require", "field", "label")


def _kind(character: str) -> str:
    if character.isdigit():
        return "digit"
    if character.isupper():
        return "upper"
    return "lower" if character.isalpha() else "mark"


def _is_random(value: str) -> bool:
    """Say whether kinds of characters change as often as in random text, or nearly no vowels are in it."""
    if entropy(value) < 3.0:
        return False
    changes = sum(_kind(a) != _kind(b) for a, b in pairwise(value))
    letters = [c for c in value.lower() if c.isalpha()]
    vowels = sum(c in "aeiou" for c in letters)
    return changes >= len(value) * 0.3 or (len(letters) >= 16 and not 0.25 <= vowels / len(letters) <= 0.6)
