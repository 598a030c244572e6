"""Masking: the windows and snippets of a context, with placeholders where their secrets stand.

Each secret is judged in the text around the window as far as it is known, so that neither the window's edge nor the
cursor cuts one in two and lets a half pass.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from attrs import evolve, field, frozen

from fim_language_server.core.secrets.finding import Secret, begun_token, find_secrets
from fim_language_server.core.secrets.placeholders import Placeholders
from fim_language_server.core.secrets.values import entropy
from fim_language_server.core.typing_through import with_plain_line_ends
from fim_language_server.core.values import CompletionRequest, Context, Snippet

MARGIN: Final = 600
"""Code points around a window that are judged with it, where the request has them."""
REPEATED: Final = 8
"""Code points from which on a secret is masked wherever else it stands in what is sent, as a word of its own."""
_WORD_BEFORE: Final = re.compile(r"[\w+/=.~-]{1,300}$", re.ASCII)
_CUT: Final = re.compile(r"[\w+/=.~-]{8,4000}", re.ASCII)
_LONGEST_CUT: Final = 4_000


@frozen
class Masked:
    """A context that may be sent, and what its placeholders stand for.

    `secrets` are those of the document, by placeholder; `others` are placeholders for secrets of other documents,
    which are not put back: a key is not suggested in another file. `rules` say by which rules they were found, in
    order, and how often.
    """

    context: Context
    secrets: Mapping[str, str] = field(factory=dict, repr=False)
    others: frozenset[str] = field(factory=frozenset, repr=False)
    rules: tuple[str, ...] = ()


def mask(context: Context, request: CompletionRequest, placeholders: Placeholders) -> Masked:
    """Return the context of a request with placeholders for secrets; the context itself where there are none."""
    before, after = _around(context, request)
    text = f"{before}{context.prefix}{context.suffix}{after}"
    cursor = len(before) + len(context.prefix)
    start, end = len(before), len(before) + len(context.prefix) + len(context.suffix)
    found = [it for it in _in_document(text, cursor, request) if it.start < end and it.end > start]
    elsewhere = [_in_snippet(snippet) for snippet in context.snippets]
    if not found and not any(elsewhere):
        return Masked(context)
    texts = (text, *(snippet.text for snippet in context.snippets))
    own = {text[it.start : it.end]: placeholders.of(text[it.start : it.end], it.kept, texts) for it in found}
    foreign = {
        secret: placeholders.of(secret, it.kept, texts)
        for snippet, secrets in zip(context.snippets, elsewhere, strict=True)
        for it in secrets
        if (secret := snippet.text[it.start : it.end]) not in own
    }
    everywhere = own | foreign
    whole = _replaced(_with_placeholders(text, found, own), everywhere)
    snippets = tuple(
        evolve(snippet, text=_replaced(_with_placeholders(snippet.text, secrets, everywhere), everywhere))
        for snippet, secrets in zip(context.snippets, elsewhere, strict=True)
    )
    return Masked(
        evolve(context, prefix=whole[start:cursor], suffix=whole[cursor:end], snippets=snippets),
        {stand_in: secret for secret, stand_in in own.items()},
        frozenset(foreign.values()),
        tuple(it.rule for it in found) + tuple(it.rule for secrets in elsewhere for it in secrets),
    )


def cursor_secret(before: str, after: str) -> Secret | None:
    """Return the secret that the cursor stands in or at the end of, in a line; None where it stands in none.

    `before` and `after` are the line's text before and after the cursor. A secret that is being typed counts from its
    third or fourth character on: where a quote is still open, and where its issuer's beginning stands.
    """
    cut = max(0, len(before) - _LONGEST_CUT)
    before, after = before[cut:], after[:_LONGEST_CUT]
    place = len(before)
    if place < 4:
        return None
    closings = ("", '"', "'", "`") if not cut and place < _LONGEST_TYPED else ("",)
    for line in (before + after, *(before + closing for closing in closings)):
        for secret in find_secrets(line):
            if secret.start < place <= secret.end:
                return Secret(cut + secret.start, cut + secret.end, secret.rule, secret.kept)
    if (word := _WORD_BEFORE.search(before, max(0, place - 300))) is not None:
        for at in {word.start(), *(mark.end() for mark in re.finditer(r"[=/:.]", before[word.start() :]))}:
            begun = before[at:] if at == word.start() else before[word.start() + at :]
            if kept := begun_token(begun):
                return Secret(cut + place - len(begun), cut + place, "begun-token", kept)
    return None


_LONGEST_TYPED: Final = 2_000


def _around(context: Context, request: CompletionRequest) -> tuple[str, str]:
    """Return the text before and after the context's windows by which their secrets are judged."""
    prefix, suffix = with_plain_line_ends(request.prefix), with_plain_line_ends(request.suffix)
    return (
        with_plain_line_ends(request.judged_above) + prefix[: max(0, len(prefix) - len(context.prefix))],
        suffix[len(context.suffix) :] + with_plain_line_ends(request.judged_below),
    )


def _in_snippet(snippet: Snippet) -> list[Secret]:
    """Return the secrets in a snippet's text, also those that only the lines around it tell."""
    start, end = len(snippet.judged_above), len(snippet.judged_above) + len(snippet.text)
    return [
        Secret(max(it.start, start) - start, min(it.end, end) - start, it.rule, it.kept if it.start >= start else 0)
        for it in find_secrets(f"{snippet.judged_above}{snippet.text}{snippet.judged_below}")
        if it.start < end and it.end > start
    ]


def _in_document(text: str, cursor: int, request: CompletionRequest) -> list[Secret]:
    found = list(find_secrets(text))
    line_start, line_end = text.rfind("\n", 0, cursor) + 1, text.find("\n", cursor)
    line_end = len(text) if line_end < 0 else line_end
    if (begun := cursor_secret(text[line_start:cursor], text[cursor:line_end])) is not None:
        start, end = line_start + begun.start, min(line_start + begun.end, line_end)
        if not any(it.start <= start and it.end >= end for it in found):
            found = [it for it in found if it.end <= start or it.start >= end]
            found.append(Secret(start, end, begun.rule, begun.kept))
    # Half of a secret may begin the text, or end it, where the document goes on and no line ends there.
    if (
        not request.prefix_is_whole
        and not request.judged_above
        and (cut := _CUT.match(text, 0, cursor))
        and _may_be_half(cut[0])
    ):
        found = [Secret(0, cut.end(), "cut"), *(it for it in found if it.start >= cut.end())]
    # The end is read backwards: to search forwards for what ends there takes the square of a long word.
    backwards = text[max(cursor, len(text) - _LONGEST_CUT) :][::-1]
    if not request.suffix_is_whole and (cut := _CUT.match(backwards)) and _may_be_half(cut[0]):
        start = len(text) - cut.end()
        found = [*(it for it in found if it.end <= start), Secret(start, len(text), "cut")]
    return sorted(found)


def _may_be_half(word: str) -> bool:
    return any(c.isdigit() for c in word) and any(c.isalpha() for c in word)


def _with_placeholders(text: str, found: Iterable[Secret], stand_ins: Mapping[str, str]) -> str:
    parts, at = [], 0
    for secret in found:
        parts += [text[at : secret.start], stand_ins[text[secret.start : secret.end]]]
        at = secret.end
    return "".join([*parts, text[at:]])


def _replaced(text: str, stand_ins: Mapping[str, str]) -> str:
    """Return the text with placeholders also where secrets stand that no rule finds there, between other characters."""
    for secret, stand_in in stand_ins.items():
        if secret in text and is_unmistakable(secret):
            border = r"(?<!\w)" if _WORD.match(secret[0]) else "", r"(?!\w)" if _WORD.match(secret[-1]) else ""
            text = re.sub(f"{border[0]}{re.escape(secret)}{border[1]}", lambda _: stand_in, text)  # noqa: B023
    return text


def is_unmistakable(secret: str) -> bool:
    """Say whether a text that equals a secret is that secret: `hunter2hunter3` is, `postgres` is also a name."""
    if len(secret) < REPEATED or entropy(secret) < _LEAST_ENTROPY:
        return False
    has_digit, has_letter = any(c.isdigit() for c in secret), any(c.isalpha() for c in secret)
    return (has_digit and has_letter) or (
        len(secret) >= _SURELY_RANDOM and entropy(secret) >= 3.5 and " " not in secret
    )


_WORD: Final = re.compile(r"\w")
_LEAST_ENTROPY: Final = 2.5
_SURELY_RANDOM: Final = 20
"""Code points from which on a secret without digits, of many different letters, is none of a program's names."""
