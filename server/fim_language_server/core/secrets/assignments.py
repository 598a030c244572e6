"""Values that are given to names such as `password`, `api_key` or `client_secret`, in any language's manner.

`password = "…"`, `"password": "…"`, `password: str = "…"`, `#define PASSWORD "…"`, `setPassword("…")`,
`getenv("TOKEN", "…")`, `DB_PASSWORD=…`, `password: …` in YAML.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from fim_language_server.core.secrets.values import is_stand_in, looks_like_password, looks_like_token

HINTS: Final = (
    *("pass", "pwd", "secret", "token", "cred", "key", "auth", "salt", "pw"),
    *("kennwort", "contrase", "senha", "wachtwoord"),
)
"""A line without any of these, in lower case, assigns no secret."""

_NAME: Final = re.compile(
    r"""(?x)
    (?P<password> (?i:passwor[dt]s?|passwd|passphrase|passcode|pwd|kennwort|mot_?de_?passe|contrase[ñn]a|
                    (?<![a-z])senha|wachtwoord)(?![a-z])
                | (?:(?<![A-Za-z])pass|(?<![A-Z])Pass|(?<![A-Z])PASS|(?<![A-Za-z])(?:pw|PW))(?=\d?(?![\w-])|_[A-Z]) )
    | (?P<token> (?i:secrets?|tokens?|credentials?|creds?|salt|auth)(?![a-z])
               | (?i:api|access|priv(?:ate)?|secret|auth|encryption|encrypt|decrypt|sign(?:ing)?|master|account|storage|
                     service|client|session|shared|licen[cs]e|admin|root|webhook|hmac|jwt|aes|bot|user|app|sas|ssh|deploy|
                     subscription|rsa|crypto|cipher|fernet|cookie|db|write|read|server|function|host|host|maps|project|
                     openai|anthropic|mistral|codestral|deepseek|gemini|groq|cohere|stripe|twilio|sendgrid|mailgun)
                 [_\-\ .]?(?i:key)s? (?![a-z]) )
    """
)
_TAIL: Final = re.compile(r"[\w-]{0,40}", re.ASCII)
_OTHER_TAIL: Final = re.compile(
    r"(?i)(?:^|[_-])(?:name|field|label|type|kind|ids?|url|uri|path|file|filename|dir|length|len|size|count|min|max|policy|"
    r"prompt|hint|help|text|title|message|msg|errors?|err|regex|pattern|format|input|reset|page|form|column|col|attr|"
    r"attribute|param|parameter|header|prefix|suffix|class|env|var|variable|expir\w*|ttl|lifetime|timeout|endpoint|ref|"
    r"arn|version|algorithm|alg|method|mode|provider|manager|store|validator|required|enabled|visible|changed|date|"
    r"strength|mask|char|chars|source|service|scheme|scope|scopes|location|bytes|request|response|handler|option|"
    r"options|command|cmd|selector|icon|style|button|link|view|screen|route|action|event|state|status|description|"
    r"example|display|placeholder|rotation|index|position|set|get|change|update|create|delete|list|tests?|usage|limit|"
    r"cost|ids|factory|generator|issuer|audience|subject|syntax|zero)(?:[_-]|(?-i:[A-Z])|\b|$)"
)
"""Endings of names whose value is no secret: `password_field`, `tokenUrl`."""

_OPERATOR: Final = re.compile(
    r"""(?x)
    (?: ["'`\])]{0,3} [ \t]{0,10}
        (?: \{[ \t]{0,2} (?:(?:private[ \t])?(?:get|set|init);[ \t]{0,2}){1,2} \} [ \t]{0,3} =
          | =[ \t]{0,3} [\w.$()\[\]"',-]{1,80} [ \t]{1,3} (?:or\b|\|\||\?\?|\?:)
          | [ \t]by[ \t]lazy[ \t]{0,2}\{
          | (?::[ \t]{0,3}[\w\[\].<>?*&|:' ]{1,40}?|[ \t][\w\[\].<>*&]{1,30}?) [ \t]{0,5} :?= (?!=)
          | (?P<colon>:) (?![:=])
          | => | := | <- | [|?]{2}= | \+= | [=!]==? | =
          | (?P<comma>(?<=["'`]),) | (?P<call>\() | (?P<blank>(?<=[\w])[ \t]))
    )
    [ \t]{0,10} [(\[]{0,2} [ \t]{0,3} (?:[fbrulLU@$]{1,2})?
    (?: "(?P<double>[^"\n]{3,500})" | '(?P<single>[^'\n]{3,500})' | `(?P<back>[^`\n]{3,500})` )
    """
)
"""From the end of a name to the end of its quoted value."""

_LINE: Final = re.compile(
    r"""(?x)
    (?P<before> ^[ \t]{0,60}
        (?:(?:export|set|setx|setenv|ENV|ARG|env:|declare|-[ \t]|-e[ \t]|--env[ =]|\#|//|;|\$env:)[ \t]{0,3}){0,2}
        [\w.\[\]-]{0,80} $)
    """
)
_STATEMENT: Final = re.compile(r"[ \t]{0,60}(?:#[ \t]{0,3}define[ \t]{1,5}|const[ \t]{1,3})?[\w.:-]{0,60}$")
"""Words before a name that is followed by its value alone, as in `#define PASSWORD "…"`."""
_UNQUOTED: Final = re.compile(
    r"(?P<operator>[ \t]{0,3}[=:][ \t]{0,4})(?P<value>[^\s\"'`(){}\[\]<>,;]{4,300})"
    r"(?P<rest>[ \t]*(?:[#;].*|\\)?$|[ \t])",
    re.ASCII,
)


def find_assigned(line: str) -> Iterator[tuple[int, int, str]]:
    """Yield (start, end, rule) of the values in a line that are given to names of secrets."""
    for found in _NAME.finditer(line):
        tail = _TAIL.match(line, found.end())
        assert tail is not None
        if _OTHER_TAIL.search(tail[0]):
            continue
        is_password = found["password"] is not None
        if (quoted := _OPERATOR.match(line, tail.end())) is not None:
            if quoted["blank"] and not _STATEMENT.match(line[: found.start()]):
                continue
            if quoted["comma"] and not _is_default(line, found.start(), quoted.end()):
                continue
            yield from _quoted(quoted, is_password)
        elif (default := _SHELL_DEFAULT.match(line, tail.end())) is not None:
            value = default["value"]
            if looks_like_token(value) or (is_password and looks_like_password(value, is_certain=True)):
                yield (
                    default.start("value"),
                    default.end("value"),
                    "assigned-password" if is_password else "assigned-token",
                )
        elif (bare := _UNQUOTED.match(line, tail.end())) is not None and _LINE.match(line[: found.start()]):
            yield from _unquoted(bare, line[: tail.end()], is_password)


_FIRST_ARGUMENT: Final = re.compile(r"[(\[][ \t]{0,3}[\"'`][\w.:-]{0,60}$")
_SHELL_DEFAULT: Final = re.compile(r"=[\"']?\$\{\w{1,60}:?[-=](?P<value>[^\s\"'`${}]{4,300})\}", re.ASCII)


def _is_default(line: str, start: int, end: int) -> bool:
    """Say whether a quoted name at `start` and a value that ends at `end` are all arguments of a call, or a pair.

    In a longer list of words one of which is `password` the next word is no value.
    """
    is_last = re.match(r"[ \t]{0,3}(?:[)\]]|,[ \t]{0,3}(?:true|false|\d|$))", line[end : end + 12], re.IGNORECASE)
    return is_last is not None and _FIRST_ARGUMENT.search(line[max(0, start - 64) : start]) is not None


_FOLDED: Final = re.compile(
    r"""["'`\])]{0,3}[ \t]{0,3}(?::[ \t]{0,3}\w{1,20}[ \t]{0,3})?(?:[:=(]|=>|:=)[ \t]{0,3}[(|>-]{0,2}[ \t]{0,3}\\?$"""
)
_VALUE_ALONE: Final = re.compile(
    r"""[ \t]{0,60}[fbru]{0,2}(?:"(?P<double>[^"\n]{4,500})"|'(?P<single>[^'\n]{4,500})'|`(?P<back>[^`\n]{4,500})`
        |(?P<bare>[^\s"'`(){}\[\]<>,;]{8,300})[ \t]*$)""",
    re.VERBOSE,
)


def is_given_in_next_line(line: str) -> bool:
    """Say whether a line ends where the value of a secret's name begins: `password =`, `token: >-`, `secret = (`."""
    for found in _NAME.finditer(line):
        tail = _TAIL.match(line, found.end())
        if tail is not None and _FOLDED.match(line, tail.end()) and not _OTHER_TAIL.search(tail[0]):
            return True
    return False


def find_value_alone(line: str) -> Iterator[tuple[int, int, str]]:
    """Yield the value in a line that follows one for which `is_given_in_next_line` holds."""
    if (found := _VALUE_ALONE.match(line)) is not None:
        group = next(name for name in ("double", "single", "back", "bare") if found[name] is not None)
        value = found[group]
        if looks_like_token(value) or (group != "bare" and looks_like_password(value, is_certain=False)):
            yield found.start(group), found.end(group), "assigned-password"


def _quoted(found: re.Match[str], is_password: bool) -> Iterator[tuple[int, int, str]]:
    group = next(name for name in ("double", "single", "back") if found[name] is not None)
    value = found[group]
    if found["blank"] and is_stand_in(value):
        return
    is_secret = (
        looks_like_password(value, is_certain=not found["colon"] and not found["blank"])
        if is_password
        else looks_like_token(value)
    )
    if is_secret:
        yield found.start(group), found.end(group), "assigned-password" if is_password else "assigned-token"


def _unquoted(found: re.Match[str], name: str, is_password: bool) -> Iterator[tuple[int, int, str]]:
    value, operator = found["value"], found["operator"]
    word = re.split(r"[\s#/;]", name)[-1]
    is_variable = word.isupper() and operator == "="
    is_config = is_variable or "." in word or ":" in operator
    if found["rest"] in {" ", "\t"} and not is_variable:
        return  # The value goes on, or this is code.
    if "." in word and operator != "=" and value.isidentifier() and ("_" in value or name[:1].isspace()):
        return  # This is code: `self.password = read_password`.
    if not is_config and operator != "=" and not re.search(r"\d", value):
        return
    if is_password:
        has_more = bool(re.search(r"[\d!@$%^&*+~?]", value)) or is_variable or ("." in word and operator.strip() == "=")
        is_secret = has_more and looks_like_password(value, is_certain=is_variable or "." in word)
    else:
        is_secret = looks_like_token(value)
    if is_secret:
        yield found.start("value"), found.end("value"), "assigned-password" if is_password else "assigned-token"
