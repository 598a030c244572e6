"""Lines and rules of the secrets that placeholders replace in a context, by comparing the context with the file.

Only differences count: a placeholder has its secret's length, so that the text that was sent and the text of the file
can be laid side by side.
"""

from __future__ import annotations

from attrs import frozen

from fim_language_server.core.secrets import find_secrets
from fim_language_server.core.secrets.masking import REPEATED
from fim_language_server.core.typing_through import with_plain_line_ends
from fim_language_server.core.values import CompletionRequest, Context, Snippet

UNNAMED = "part-of-a-token"
"""Rule of a placeholder that stands for a token cut by the window's edge, or one that is being typed."""


@frozen(order=True)
class ReplacedSecret:
    """Secret that a placeholder replaces: the `line` in which it begins, counted from 1, and the id of its `rule`."""

    line: int
    rule: str


def replaced_secrets(request: CompletionRequest, context: Context) -> list[ReplacedSecret]:
    """Return, by line, the secrets of the document at which `context` differs from the text of `request`."""
    before, after = with_plain_line_ends(request.prefix), with_plain_line_ends(request.suffix)
    start = len(before) - len(context.prefix)
    first_line = request.position.line + 1 - before.count("\n")
    return _replaced(before + after, start, context.prefix + context.suffix, first_line)


def replaced_in_piece(snippet: Snippet, text: str) -> list[ReplacedSecret]:
    """Return, by line, the secrets of another file, whose text is `text`, at which a piece of it differs from it."""
    text = with_plain_line_ends(text)
    start = sum(len(line) + 1 for line in text.split("\n")[: snippet.first_line])
    return _replaced(text, start, snippet.text, 1)


def _replaced(text: str, start: int, sent: str, first_line: int) -> list[ReplacedSecret]:
    """Return the secrets of `text` that differ in `sent`, a copy of its part from `start` on."""
    end = start + len(sent)
    found: list[tuple[int, str]] = []
    for first, last, rule in _spans(text, start, end):
        first, last = max(first, start), min(last, end)
        if text[first:last] != sent[first - start : last - start]:
            found.append((first, rule))
            sent = sent[: first - start] + text[first:last] + sent[last - start :]
    at = start
    for own, other in zip(text[start:end].split("\n"), sent.split("\n"), strict=False):
        if own != other:
            found.append((at, UNNAMED))
        at += len(own) + 1
    return sorted(ReplacedSecret(first_line + text.count("\n", 0, at), rule) for at, rule in found)


def _spans(text: str, start: int, end: int) -> list[tuple[int, int, str]]:
    """Return start, end and rule of each secret between `start` and `end`, and of each repetition of one."""
    secrets = find_secrets(text)
    spans = [(each.start, each.end, each.rule) for each in secrets if each.start < end and each.end > start]
    for value, rule in {text[each.start : each.end]: each.rule for each in secrets}.items():
        at = text.find(value, start) if len(value) >= REPEATED else -1
        while 0 <= at < end:
            if not any(first < at + len(value) and last > at for first, last, _ in spans):
                spans.append((at, at + len(value), rule))
            at = text.find(value, at + len(value))
    return spans
