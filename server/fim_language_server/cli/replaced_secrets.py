"""Lines and rules of the secrets that placeholders replace in a context, found again by comparing it with the file.

Only differences count: a placeholder has its secret's length, so that the text that was sent and the text of the file
can be laid side by side.
"""

from __future__ import annotations

from attrs import frozen

from fim_language_server.core.secrets import find_secrets
from fim_language_server.core.secrets.masking import REPEATED
from fim_language_server.core.typing_through import with_plain_line_ends
from fim_language_server.core.values import CompletionRequest, Context

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
    text, cursor = before + after, len(before)
    start, end = cursor - len(context.prefix), cursor + len(context.suffix)
    sent = context.prefix + context.suffix
    different = [at for at in range(start, end) if text[at] != sent[at - start]]
    found: list[tuple[int, str]] = []
    for first, last, rule in _spans(text, start, end):
        if any(first <= at < last for at in different):
            found.append((first, rule))
            different = [at for at in different if not first <= at < last]
    rest = [at for at in different if at - 1 not in different]
    lines_of_rest = {text.count("\n", 0, at): at for at in reversed(rest)}
    found += [(at, UNNAMED) for at in lines_of_rest.values()]
    first_line = request.position.line + 1 - before.count("\n")
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
