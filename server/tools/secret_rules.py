"""Translate public and own rules for secrets into the Python modules that `core.secrets` loads.

The rules are written in Go's regular expressions (RE2), which never backtrack; Python's do. So every repetition gets
an upper bound, what precedes a match without changing it is cut off, and the rules are matched against short pieces
of text. Flags in the middle of an expression become groups, because Python takes flags at the beginning only.
"""

from __future__ import annotations

import itertools
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

FOLDER = Path(__file__).parent / "secret_rules"
GITLEAKS = "8.30.1"
"""The version of gitleaks that `secret_rules/gitleaks.toml` comes from."""

MOST = 1_000
"""The most characters that one repetition may take, where the rule sets no bound."""
MOST_OF_ANY = 200
"""The bound on repetitions of any character (`.*`)."""
MOST_BEGINNINGS = 64
LONG_RUN = 18
"""Letters, digits, `_` and `-` in a row, from which on a rule is one for tokens (`core.secrets.finding._RUN`)."""
LEADING = (r"[\w.-]{0,50}?",)
"""The text that gitleaks puts in front of names, to show more of a line in its reports."""

NOT_TRANSLATED = {
    "pkcs12-file": "names files and has no expression; such files are known by name (core/secrets/secret_files.py)",
    "private-key": "spans lines; core/secrets/blocks.py finds private keys",
    "kubernetes-secret-yaml": "spans lines; core/secrets/blocks.py finds the values of Kubernetes secrets",
    "hashicorp-tf-password": "is for files of Terraform alone; assignments.py finds passwords in all",
    "curl-auth-header": "spans lines; own rule authorization-header finds the header in every command and program",
    "curl-auth-user": "spans lines; own rule curl-user",
}
"""Rules that are left out, each with the reason and with what stands in for it."""


class TranslationError(Exception):
    """The expression has something that Python cannot match as Go does."""


def render_rules(file: str) -> str:
    """Return the Python module for a file of rules: `gitleaks.toml` or `own.toml`."""
    rules = list(_rules(file))
    of = f"gitleaks {GITLEAKS} (MIT licence: gitleaks.LICENSE)" if file == "gitleaks.toml" else "own.toml"
    lines = [
        f'"""Rules for secrets, made by `make generate` from {of}; do not edit.',
        "",
        "Each rule: id, description, expression, group, keywords, entropy, check, whole file?, beginnings,",
        "long run?, allowlists.",
        '"""',
        "",
        "# ruff: noqa",
        "# fmt: off",
        "from typing import Any, Final",
        "",
        f"VERSION: Final = {GITLEAKS if file == 'gitleaks.toml' else 'own'!r}",
    ]
    if file == "gitleaks.toml":
        lines += [f"NOT_TRANSLATED: Final[dict[str, str]] = {NOT_TRANSLATED!r}"]
        lines += [f"STOPWORDS: Final = {' '.join(sorted(_stopwords()))!r}.split()"]
    lines += ["RULES: Final[tuple[tuple[Any, ...], ...]] = ("]
    lines += [f"    {rule!r}," for rule in rules]
    return "\n".join([*lines, ")"]) + "\n"


def load(file: str) -> list[dict[str, Any]]:
    """Return the rules of a file as they stand in it."""
    rules: list[dict[str, Any]] = tomllib.loads((FOLDER / file).read_text(encoding="utf-8"))["rules"]
    return rules


def _rules(file: str) -> Iterator[tuple[Any, ...]]:
    for rule in load(file):
        if rule["id"] in NOT_TRANSLATED:
            continue
        for expression in _alternatives(rule):
            pattern = translate(expression)
            compiled = re.compile(pattern, re.ASCII)
            starts = tuple(sorted(beginnings(pattern)))
            keywords = rule.get("keywords") or _keywords(rule["id"], starts)
            yield (
                rule["id"],
                rule["description"].strip().rstrip("."),
                pattern,
                _group(rule, compiled),
                tuple(word.lower() for word in keywords),
                float(rule.get("entropy", 0)),
                rule.get("check", "generic" if rule["id"].startswith("generic") else ""),
                bool(rule.get("file", False)),
                starts,
                longest_run(list(parser.parse(pattern, re.ASCII))) >= LONG_RUN,
                tuple(_allowlists(rule)),
            )


def _alternatives(rule: Mapping[str, Any]) -> list[str]:
    r"""Return the expressions of a rule without keywords, one for each alternative of `\b(…|…)`: each has its own."""
    expression: str = rule["regex"]
    if rule.get("keywords"):
        return [expression]
    found = re.fullmatch(r"\\b\((.*)\)(\\b)?", expression, re.DOTALL)
    if found is None:
        raise TranslationError(f"{rule['id']} has no keywords, and is not of the form \\b(…)")
    return [rf"\b({part}){found[2] or ''}" for part in _split_alternatives(found[1])]


def _split_alternatives(expression: str) -> list[str]:
    parts, depth, start, at = [], 0, 0, 0
    while at < len(expression):
        if expression[at] == "\\":
            at += 1
        elif expression[at] == "[":
            at = _end_of_class(expression, at) - 1
        elif expression[at] in "()":
            depth += 1 if expression[at] == "(" else -1
        elif expression[at] == "|" and not depth:
            parts.append(expression[start:at])
            start = at + 1
        at += 1
    return [*parts, expression[start:]]


def _keywords(name: str, starts: tuple[str, ...]) -> tuple[str, ...]:
    if not starts or min(map(len, starts)) < 2:
        raise TranslationError(f"{name} needs keywords: nothing fixed stands at its beginning")
    return tuple(sorted({start.lower() for start in starts}))


def _group(rule: Mapping[str, Any], compiled: re.Pattern[str]) -> int:
    """Return the group with the secret; 0: the first that matched, or all of the match where there is no group."""
    return int(rule.get("secretGroup", 0)) if compiled.groups else 0


def _stopwords() -> set[str]:
    return {
        word
        for rule in load("gitleaks.toml")
        for allowed in rule.get("allowlists", ())
        for word in allowed.get("stopwords", ())
    }


def _allowlists(rule: Mapping[str, Any]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield (what is looked at: secret, match or line; expressions) of what a rule lets pass."""
    for allowed in rule.get("allowlists", ()):
        if "paths" in allowed:
            continue  # Files of other projects.
        expressions = tuple(translate(expression) for expression in allowed.get("regexes", ()))
        if expressions:
            yield allowed.get("regexTarget", "secret"), expressions


def beginnings(pattern: str) -> set[str]:
    """Return the texts that a match's secret may begin with, as far as they are fixed; none where anything may."""
    return {start for start in _expand(_first_group(list(parser.parse(pattern, re.ASCII)))) if len(start) >= 2}


def _first_group(items: list[Any]) -> list[Any]:
    """Return what is in the first capturing group, or all of it where nothing is captured."""
    for kind, value in items:
        if str(kind) == "SUBPATTERN":
            if value[0] is not None:
                return list(value[3])
            inner = _first_group(list(value[3]))
            if inner != list(value[3]):
                return inner
    return items


def _expand(items: list[Any]) -> set[str]:
    """Return what the items can begin with, as long as each has few forms."""
    starts = {""}
    for kind, value in items:
        forms, whole = _forms(str(kind), value)
        if not forms or len(starts) * len(forms) > MOST_BEGINNINGS:
            break
        starts = {start + form for start, form in itertools.product(starts, forms)}
        if not whole:
            break
    return starts


def _forms(kind: str, value: Any) -> tuple[set[str], bool]:
    """Return the few texts that an item matches, and whether these are all of it."""
    if kind == "LITERAL":
        return {chr(value)}, True
    if kind == "AT":
        return {""}, True
    if kind == "IN" and all(str(each[0]) == "LITERAL" for each in value) and len(value) <= 8:
        return {chr(each[1]) for each in value}, True
    if kind == "SUBPATTERN":
        ignores_case = bool(value[1] & re.IGNORECASE)
        forms, whole = _expand(list(value[3])), _is_fixed(list(value[3]))
        return (
            (set(), False) if ignores_case and any(form.lower() != form.upper() for form in forms) else (forms, whole)
        )
    if kind == "BRANCH":
        branches = [list(branch) for branch in value[1]]
        forms = set().union(*(_expand(branch) for branch in branches))
        return (set(), False) if "" in forms else (forms, all(_is_fixed(branch) for branch in branches))
    return set(), False


def _is_fixed(items: list[Any]) -> bool:
    for kind, value in items:
        if str(kind) in {"LITERAL", "AT"}:
            continue
        forms, whole = _forms(str(kind), value)
        if not forms or not whole:
            return False
    return True


def longest_run(items: list[Any]) -> int:
    """Return how many letters, digits, `_` or `-` stand in a row in every match, at least."""
    best = run = 0
    for kind, value in items:
        length, is_whole = _run_of(str(kind), value)
        run += length
        best = max(best, run)
        if not is_whole:
            run = 0
            if str(kind) in {"SUBPATTERN", "BRANCH"}:
                best = max(best, length)
    return best


def _run_of(kind: str, value: Any) -> tuple[int, bool]:
    """Return the least run in an item, and whether all of the item belongs to it."""
    if kind == "AT":
        return 0, True
    if kind == "LITERAL":
        return (1, True) if _is_of_run(chr(value)) else (0, False)
    if kind == "IN":
        is_inside = all(_is_range_of_run(str(name), what) for name, what in value)
        return (1, True) if is_inside else (0, False)
    if kind in {"MAX_REPEAT", "MIN_REPEAT"}:
        least, _, inner = value
        length, whole = _run_of_all(list(inner))
        return (int(least) * length, True) if whole else (length if least else 0, False)
    if kind == "SUBPATTERN":
        return _run_of_all(list(value[3]))
    if kind == "BRANCH":
        branches = [_run_of_all(list(branch)) for branch in value[1]]
        return min(length for length, _ in branches), all(whole for _, whole in branches)
    return 0, False


def _run_of_all(items: list[Any]) -> tuple[int, bool]:
    return longest_run(items), all(_run_of(str(kind), value)[1] for kind, value in items)


def _is_of_run(character: str) -> bool:
    return character.isascii() and (character.isalnum() or character in "_-")


def _is_range_of_run(name: str, what: Any) -> bool:
    if name == "LITERAL":
        return _is_of_run(chr(what))
    if name == "RANGE":
        return all(_is_of_run(chr(code)) for code in range(what[0], what[1] + 1))
    return name == "CATEGORY" and str(what) in {"CATEGORY_WORD", "CATEGORY_DIGIT"}


_POSIX = {"alnum": "A-Za-z0-9", "alpha": "A-Za-z", "digit": "0-9", "word": r"\w", "xdigit": "A-Fa-f0-9"}
_POSIX |= {"lower": "a-z", "upper": "A-Z", "space": r"\s", "punct": r"!-/:-@\[-`{-~"}


def translate(expression: str) -> str:
    """Return a Python expression that matches as the Go expression does, without unbounded repetitions.

    Raises TranslationError where there is none.
    """
    for leading in LEADING:
        for flags in ("", "(?i)"):
            if expression.startswith(flags + leading):
                expression = flags + expression[len(flags + leading) :]
    return _Translation(expression).run()


class _Translation:
    """One pass over an expression. `_open` holds, for each group we are in, the flag groups that were opened in it."""

    def __init__(self, expression: str) -> None:
        self._rest = expression
        self._out: list[str] = []
        self._open: list[list[str]] = [[]]
        self._is_any = False

    def run(self) -> str:
        while self._rest:
            self._step()
        self._out.append(")" * len(self._open.pop()))
        return "".join(self._out)

    def _take(self, length: int) -> str:
        taken, self._rest = self._rest[:length], self._rest[length:]
        return taken

    def _step(self) -> None:
        first = self._rest[0]
        if first == "\\":
            self._escape()
        elif first == "[":
            self._class()
        elif first == "(":
            self._group()
        elif first == "|":
            scopes = self._open[-1]
            self._out.append(")" * len(scopes) + self._take(1) + "".join(scopes))
        elif first == ")":
            self._out.append(")" * len(self._open.pop()) + self._take(1))
            self._is_any = False
        elif found := re.match(r"[*+]|\{(\d+)(?:(,)(\d*))?\}", self._rest):
            self._repeat(found)
        else:
            self._is_any = first == "."
            self._out.append(self._take(1))

    def _escape(self) -> None:
        taken = self._take(2)
        self._is_any = False
        if taken[1] in "pPQEC":
            raise TranslationError(f"{taken} has no counterpart")
        if taken == r"\x":
            taken += self._take(2)
        self._out.append(r"\Z" if taken == r"\z" else taken)

    def _class(self) -> None:
        end = _end_of_class(self._rest, 0)
        taken = self._take(end)
        taken = re.sub(r"\[:(\w+):\]", lambda found: _POSIX[found[1]], taken)
        body = taken[1:-1]
        # Python warns of what may come to mean more in a class.
        body = re.sub(r"(\\.)|\[", lambda found: found[1] or r"\[", body)
        body = re.sub(r"(\\.)|&&|\|\||~~|--", lambda found: found[1] or f"{found[0][0]}\\{found[0][1]}", body)
        self._is_any = taken in {r"[\s\S]", r"[\s\S-]", r"[\S\s]"} or taken.startswith("[^")
        self._out.append(f"[{body}]")

    def _group(self) -> None:
        if found := re.match(r"\(\?([imsU-]+)\)", self._rest):
            self._take(found.end())
            scope = f"(?{found[1]}:"
            self._open[-1].append(scope)
            self._out.append(scope)
            return
        found = re.match(r"\(\?(?:[ims-]*:|P<\w+>)|\((?!\?)", self._rest)
        if found is None:
            raise TranslationError(f"cannot read {self._rest[:12]}")
        self._open.append([])
        self._out.append(self._take(found.end()))

    def _repeat(self, found: re.Match[str]) -> None:
        taken = self._take(found.end())
        most = MOST_OF_ANY if self._is_any else MOST
        if taken in "*+":
            taken = f"{{{int(taken == '+')},{most}}}"
        elif found[2] and not found[3]:
            taken = f"{{{found[1]},{max(int(found[1]), most)}}}"
        self._out.append(taken)


def _end_of_class(expression: str, start: int) -> int:
    """Return the index after the class that begins at `start`."""
    at = start + 1
    at += expression[at] == "^"
    at += expression[at] == "]"
    while expression[at] != "]":
        if expression[at] == "\\":
            at += 1
        elif expression.startswith("[:", at):
            at = expression.index(":]", at) + 1
        at += 1
    return at + 1
