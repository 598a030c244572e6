"""Whether a request deserves an answer at all. Pure: the same request and options give the same decision."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

from attrs import field, frozen

from fim_language_server.core.languages import is_in_comment
from fim_language_server.core.secrets.masking import cursor_secret
from fim_language_server.core.values import CompletionRequest, Document, Skip, Trigger


@frozen
class TriggerOptions:
    """Settings that decide when to complete. `is_excluded` returns whether a document must not be completed."""

    mode: Literal["automatic", "explicit", "off"] = "automatic"
    languages: Mapping[str, bool] = field(factory=dict)
    in_comments: bool = True
    is_excluded: Callable[[Document], bool] = lambda _document: False


def decide(request: CompletionRequest, options: TriggerOptions) -> Skip | None:
    """Return why nothing is to be offered, or None where the request goes on.

    A file that may hold secrets is refused even to an explicit request; so is what is no text.
    """
    if options.mode == "off":
        return Skip.DISABLED
    if not is_language_on(request.document.language_id, options.languages):
        return Skip.DISABLED_LANGUAGE
    if options.is_excluded(request.document):
        return Skip.EXCLUDED_FILE
    if request.document.withheld is not None:
        return Skip.SECRET_FILE
    if "\0" in request.prefix or "\0" in request.suffix:
        return Skip.NOT_TEXT
    if request.trigger is Trigger.INVOKED:
        return None
    return _decide_automatic(request, options)


def _decide_automatic(request: CompletionRequest, options: TriggerOptions) -> Skip | None:
    if options.mode == "explicit":
        return Skip.EXPLICIT_ONLY
    if not request.prefix.strip() and not request.suffix.strip():
        return Skip.EMPTY_DOCUMENT
    if not options.in_comments and is_in_comment(request):
        return Skip.IN_COMMENT
    return None


def decide_asking(request: CompletionRequest) -> Skip | None:
    """Return why no model is to be asked, though what is known may be shown; None where one may be.

    Between two letters of a word a suggestion is almost never taken, and mostly repeats the word's end. Typing in
    front of a word continues the answer requested before the first letter; a cursor moved into one has no such answer.
    Within a secret, also a half-typed one, a model could only guess, and would be told a part of it.
    """
    is_inside = _is_word(request.prefix[-1:]) and _is_word(request.suffix[:1])
    if is_inside and request.trigger is not Trigger.INVOKED:
        return Skip.MID_WORD
    return Skip.IN_SECRET if cursor_secret(request.line_before, request.line_after) is not None else None


def is_language_on(language_id: str, languages: Mapping[str, bool]) -> bool:
    """Is a language switched on? `"*"` stands for all that are not named."""
    return languages.get(language_id, languages.get("*", True))


def _is_word(character: str) -> bool:
    return character.isalnum() or character == "_"
