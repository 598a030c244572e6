"""Declarations: whether a word is declared where it stands, and as what; judged by tokens, without a parser."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from typing import Final

from fim_language_server.core.languages import Language
from fim_language_server.core.next_edit.repeats.source_text import WORD
from fim_language_server.core.next_edit.repeats.word_tables import BEFORE_A_USE, KEYWORDS

__all__ = ["FUNCTION_WORDS", "Declared", "declared_as", "is_parameter"]


class Declared(enum.Enum):
    """Kind of a declaration, which decides how far the name reaches."""

    TYPE = "type"
    FUNCTION = "function"
    VARIABLE = "variable"
    """A variable whose name reaches to the end of its block."""
    ASSIGNED = "assigned"
    """A variable of a language that declares by assigning: a later assignment is one to the same variable."""
    PARAMETER = "parameter"
    HEADER = "header"
    """A variable of a loop, of a `with` or of a handler: its name reaches over the block that follows."""
    IMPORT = "import"


FUNCTION_WORDS: Final = frozenset({"def", "function", "func", "fn", "fun", "sub", "proc", "defp", "macro", "method"})
_TYPE_WORDS: Final = frozenset(
    {"class", "struct", "interface", "enum", "trait", "type", "protocol", "record", "union", "typedef", "defmodule"}
)
_VARIABLE_WORDS: Final = frozenset({"let", "const", "var", "val", "local", "my", "our", "auto"})
_IMPORT_WORDS: Final = frozenset({"import", "from", "use", "using"})
_TYPED: Final = frozenset({"c", "cpp", "csharp", "java", "dart", "zig", "generic"})
"""Languages that declare with the type first, by the names of `language_table`."""
_ASSIGNING: Final = frozenset({"python", "starlark", "ruby", "crystal", "shell", "fish", "r", "julia", "elixir", "lua"})
"""Languages that declare a variable by assigning to it."""
_HEADERS: Final = frozenset({"for", "foreach", "while", "if", "with", "except", "catch", "using", "async"})


def declared_as(tokens: Sequence[str], index: int, language: Language) -> Declared | None:
    """Return as what the word at an index of a line's tokens is declared there; None where it is used."""
    before = tokens[index - 1] if index else ""
    after = tokens[index + 1] if index + 1 < len(tokens) else ""
    first = tokens[0]
    if before in (".", "->", "?.", "::"):
        return None
    if first in _IMPORT_WORDS and tokens[1:2] not in (["("], ["."], ["="]):
        return _imported(tokens, index, before, after)
    if before in FUNCTION_WORDS or (before == "*" and index > 1 and tokens[index - 2] == "function"):
        return Declared.FUNCTION
    if first == "func" and before == ")" and after in ("(", "["):
        return Declared.FUNCTION
    if before in _TYPE_WORDS and after not in ("(", ",", ")", "."):
        return Declared.TYPE
    if first in _VARIABLE_WORDS or _declaring_part(tokens, index):
        return _variable(tokens, index, before, after)
    if (found := _in_header(tokens, index, before, after)) is not None:
        return found
    if is_parameter(tokens, index, language):
        return Declared.PARAMETER
    if language.name in _ASSIGNING:
        return Declared.ASSIGNED if _is_assigned(tokens, index) else None
    if _is_walrus(tokens, index):
        return Declared.VARIABLE
    if language.name in _TYPED and _has_type_before(tokens, index, after):
        return Declared.FUNCTION if after == "(" else Declared.VARIABLE
    return None


def is_parameter(tokens: Sequence[str], index: int, language: Language) -> bool:
    """Say whether the word at an index names a parameter of a function whose head these tokens begin."""
    depth, place = 0, index - 1
    while place >= 0:
        token = tokens[place]
        if token in _CLOSING:
            depth += 1
        elif token in _OPENING:
            if depth == 0:
                break
            depth -= 1
        place -= 1
    if place < 0:
        return _is_lambda_parameter(tokens, index)
    if tokens[place] != "(" or not _is_head(tokens, place, language):
        return _is_lambda_parameter(tokens, index)
    before = tokens[index - 1]
    if before in ("(", ",", "*", "**", "...", "mut", "&"):
        after = tokens[index + 1] if index + 1 < len(tokens) else ""
        return not (language.name in _TYPED and WORD.fullmatch(after)) and after not in ("*", "&", "<", ".", "::")
    return (language.name in _TYPED or before in ("final", "val", "var")) and _has_type_before(
        tokens, index, tokens[index + 1] if index + 1 < len(tokens) else ","
    )


_OPENING: Final = ("(", "[", "{")
_CLOSING: Final = (")", "]", "}")


def _is_head(tokens: Sequence[str], opening: int, language: Language) -> bool:
    """Say whether a parenthesis opens the parameters of a function."""
    if any(word in FUNCTION_WORDS or word == "constructor" for word in tokens[:opening]):
        return tokens[opening - 1] not in ("=", "return")
    if language.name in _TYPED:
        # `int name(` and `public Name(`: a type or a modifier, and the name.
        name, before = tokens[opening - 1], tokens[opening - 2] if opening > 1 else ""
        is_named = bool(WORD.fullmatch(name)) and name not in KEYWORDS
        return (
            is_named
            and (WORD.fullmatch(before) is not None or before in (">", "]", "*", "&"))
            and (before not in BEFORE_A_USE and "=" not in tokens[:opening] and "." not in tokens[:opening])
        )
    closing = _closing_of(tokens, opening)
    return tokens[closing + 1 : closing + 2] == ["=>"]


def _closing_of(tokens: Sequence[str], opening: int) -> int:
    depth = 0
    for place in range(opening, len(tokens)):
        depth += (tokens[place] in _OPENING) - (tokens[place] in _CLOSING)
        if depth == 0:
            return place
    return len(tokens)


def _is_lambda_parameter(tokens: Sequence[str], index: int) -> bool:
    """Say whether a word is the parameter of `lambda a, b:`, of `a =>` or of `|a, b|`."""
    if tokens[index + 1 : index + 2] == ["=>"]:
        return True
    place = index - 1
    while place >= 0 and (tokens[place] == "," or WORD.fullmatch(tokens[place])) and tokens[place] != "lambda":
        place -= 1
    if place < 0 or tokens[index + 1 : index + 2] not in ([","], [":"], ["|"]):
        return False
    return tokens[place] == "lambda" or (tokens[place] == "|" and "|" in tokens[index:])


def _imported(tokens: Sequence[str], index: int, before: str, after: str) -> Declared | None:
    if before == "as":
        return Declared.IMPORT
    if after in (".", "::", "as", "/") or before == "from" or tokens[index] in KEYWORDS:
        return None
    if tokens[0] == "from" and "import" not in tokens[:index]:
        return None
    return Declared.IMPORT


def _declaring_part(tokens: Sequence[str], index: int) -> bool:
    """Say whether a word like `let` stands before the word at an index, with nothing but names between."""
    place = index - 1
    while place >= 0 and (tokens[place] in (",", "mut", "{", "[", "(", "*", "&") or WORD.fullmatch(tokens[place])):
        if tokens[place] in _VARIABLE_WORDS:
            return True
        place -= 1
    return False


def _variable(tokens: Sequence[str], index: int, before: str, after: str) -> Declared | None:
    """Return as what a word is declared in a line with `let` or the like: all names before `=` are."""
    start = next(place for place, token in enumerate(tokens) if token in _VARIABLE_WORDS)
    if index <= start or any(token in ("=", ":", "in", "of", ":=") for token in tokens[start + 1 : index]):
        return None
    if before not in (*_VARIABLE_WORDS, ",", "mut", "{", "[", "(", "*", "&", ":") and not WORD.fullmatch(before):
        return None
    if after in ("(", ".", "::", "->") or (WORD.fullmatch(after) and after not in ("in", "of")):
        # `const Name x` in C++: the name follows. Go has the type behind it.
        return Declared.VARIABLE if before in ("var", "const") and after not in ("(", ".", "::", "->") else None
    if after == ":" and before in ("{", ","):
        return None  # A key: `const { key: name } = …`.
    return Declared.HEADER if tokens[0] in _HEADERS else Declared.VARIABLE


def _in_header(tokens: Sequence[str], index: int, before: str, after: str) -> Declared | None:
    """Return HEADER for the variables of `for a, b in`, `as a` and `for a := range`."""
    first = tokens[0] if tokens[0] != "async" or len(tokens) < 2 else tokens[1]
    if first in ("for", "foreach"):
        head = next((place for place, token in enumerate(tokens) if token in ("in", ":=", "of")), 0)
        names = tokens[1:head]
        if index < head and all(WORD.fullmatch(token) or token in (",", "(", ")", "async") for token in names):
            return Declared.HEADER
        return None
    if first in ("with", "except") and before == "as":
        return Declared.HEADER
    return None


def _is_assigned(tokens: Sequence[str], index: int) -> bool:
    """Say whether a line begins with assigning to the word at an index: `a =`, `a, b =`, `a: type =`."""
    if not all(WORD.fullmatch(token) or token in (",", "local", "(", ")") for token in tokens[:index]):
        return False
    if any(WORD.fullmatch(token) and tokens[place + 1] not in (",", ")") for place, token in enumerate(tokens[:index])):
        return tokens[0] == "local" and index == 1
    for place in range(index + 1, len(tokens)):
        sign = tokens[place]
        if sign == "=" or (sign == ":" and place == 1):
            return True
        if not (WORD.fullmatch(sign) or sign in (",", "(", ")")):
            return False
    return False


def _is_walrus(tokens: Sequence[str], index: int) -> bool:
    """Say whether a word stands left of `:=`, with nothing but names before it since the statement began."""
    if ":=" not in tokens[index + 1 : index + 8]:
        return False
    sign = tokens.index(":=", index)
    start = index
    while start > 0 and (tokens[start - 1] == "," or WORD.fullmatch(tokens[start - 1])):
        start -= 1
    names = tokens[start:sign]
    return all(name == "," or WORD.fullmatch(name) for name in names) and (start == 0 or tokens[start - 1] == ";")


def _has_type_before(tokens: Sequence[str], index: int, after: str) -> bool:
    """Say whether a type and its name are declared at an index: `Name name =`, `List<T> name;`, `int *name)`."""
    if after not in ("=", ";", ",", ")", "(", "[", "{", ":"):
        return False
    place = index - 1
    while place >= 0 and tokens[place] in ("*", "&", "&&"):
        place -= 1
    if place < 0:
        return False
    before = tokens[place]
    if before in (">", "]"):
        return place > 1 and (WORD.fullmatch(tokens[0]) is not None) and "=" not in tokens[:place]
    is_type = WORD.fullmatch(before) is not None and before not in BEFORE_A_USE
    if place < index - 1:  # `a * b`: a product, unless a statement or a parameter begins with it.
        return is_type and (place == 0 or tokens[place - 1] in ("(", ",", "const", "struct", "static")) and after != "("
    return is_type
