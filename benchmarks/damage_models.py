"""Three models' texts at a place, the text shown of each as it arrives, and the damage to the document.

The first model says the truth and stops; the second goes on with what follows the cursor; the third says the rest of
the line again, or the next line.
"""

from __future__ import annotations

import re
from typing import Final

from attrs import evolve, frozen

from benchmarks.damage_places import Place
from fim_language_server.core.shaping import ShapingOptions, is_complete, shape
from fim_language_server.core.values import CompletionRequest, Document, Position

MODELS: Final = ("truth", "and the suffix", "and the next line")
MOST_TOKENS: Final = 128
_TOKEN: Final = re.compile(r"\n[ \t]*|[ \t]*[A-Za-z_]{1,6}|[ \t]*\d{1,3}|[ \t]+|[^\w\s]|.", re.DOTALL)
_OPTIONS: Final = ShapingOptions()


@frozen
class Verdict:
    """The text shown of a model's text at a place, and its damage; None where there is none."""

    place: Place
    model: str
    said: str
    shown: str
    damage: str | None


def tokens(text: str) -> list[str]:
    """Return a text in pieces of about four characters, as models say it."""
    return _TOKEN.findall(text)


def says(place: Place, model: str) -> str:
    """Return what a model says at a place."""
    truth = place.truth if place.says is None else place.says
    if model == MODELS[0]:
        return truth
    if model == MODELS[1]:
        return truth + "".join(tokens(place.suffix)[:MOST_TOKENS])
    rest, *below = place.suffix.split("\n")
    if rest.strip():
        return truth + rest
    following = next((line for line in below if line.strip()), "")
    return f"{truth}\n{following}" if following else truth


def request_of(place: Place) -> CompletionRequest:
    """Return the request an editor makes at a place."""
    line = place.prefix.count("\n")
    column = len(place.prefix.rpartition("\n")[2])
    document = Document(f"file:///damage/{line}", place.language, eol=place.eol)
    return CompletionRequest(document, Position(line, column), place.prefix, place.suffix)


def shown_of(place: Place, said: str) -> tuple[str, str]:
    """Return what a reader is shown as soon as that is sure, and what is shown of the whole text."""
    request = request_of(place)
    whole = shape(request, said, _OPTIONS, finished=True).text
    grown = ""
    for token in tokens(said):
        grown += token
        if is_complete(request, grown, _OPTIONS):
            return shape(request, grown, _OPTIONS, finished=False).text, whole
    return whole, whole


def damage_of(place: Place, shown: str) -> str | None:
    """Return what is wrong with a shown text: dropped, altered, cut inside a line, doubled; None where it is right."""
    if place.silent:
        return "doubled" if shown else None
    right = place.truth if place.right is None else place.right
    if not shown:
        return "dropped" if right.strip() else None
    if _plain(shown) == _plain(right):
        return None
    if place.right is not None:
        # As good is a text that makes the line, or its beginning, what it was, with the closers behind it.
        return None if place.truth.startswith(shown + place.suffix.partition("\n")[0]) else "altered"
    if not _plain(right).startswith(_plain(shown)):
        return "doubled" if _plain(shown).startswith(_plain(right)) else "altered"
    follows = right[len(shown) :].lstrip(" \t")
    return None if right.startswith(shown) and follows.startswith("\n") else "cut inside a line"


def judge(place: Place, model: str) -> Verdict:
    """Return what becomes of what a model says at a place."""
    said = says(place, model)
    early, whole = shown_of(place, said)
    for shown in (early, whole):
        damage = damage_of(place, shown)
        if damage is not None:
            return Verdict(place, model, said, shown, damage)
    return Verdict(place, model, said, early, None)


def with_line_ends(place: Place, eol: str) -> Place:
    """Return the place in a document with other line ends."""
    return evolve(place, prefix=place.prefix.replace("\n", eol), suffix=place.suffix.replace("\n", eol), eol=eol)


def _plain(text: str) -> str:
    """Return a text without white space at the ends of lines, which nobody sees."""
    return "\n".join(line.rstrip() for line in text.split("\n")).rstrip()
