"""Windows that fit into a number of tokens or bytes, for servers that cut longer ones silently. Pure.

Tokens are estimated from bytes of UTF-8: in source code about three make a token, in CJK text a character has three
bytes and is about a token. A server's own count of a sample improves the estimate.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from fim_language_server.core.values import Snippet

DEFAULT_BYTES_PER_TOKEN: Final = 3.0

SAMPLE: Final = (
    "class Account:\n    def __init__(self, owner: str, balance: float = 0.0) -> None:\n"
    "        self.owner = owner\n        self.balance = balance\n\n"
    "    def deposit(self, amount: float) -> None:\n        if amount <= 0:\n"
    '            raise ValueError(f"{amount!r} is no amount")\n        self.balance += amount\n'
)
"""Ordinary code, for a server's tokenizer to count."""

_MARGIN: Final = 0.85
"""A factor of the bytes a token that the sample has: dense code has fewer."""


def answer_share(n_context: int, n_wanted: int) -> int:
    """Return the limit of an answer in tokens: `n_wanted`, but at most half of the model's context of `n_context`.

    The other half is left to the prompt.
    """
    return max(1, min(n_wanted, n_context // 2))


def bytes_per_token(n_sample_tokens: int) -> float:
    """Return the bytes a token to reckon with, if the sample has `n_sample_tokens`; a token has at least one."""
    return max(1.0, _MARGIN * len(SAMPLE.encode()) / n_sample_tokens)


def estimate_tokens(text: str, per_token: float | None) -> int:
    """Return an estimate of the tokens of `text`, with `per_token` bytes a token."""
    return int(size(text) / (per_token or DEFAULT_BYTES_PER_TOKEN)) + 1


def least_bytes_per_token(text: str) -> float:
    """Return the bytes a token to reckon with for `text`, where a token too many would lose the text's beginning.

    Vocabularies made for code have few tokens for emoji and for scripts other than Latin: there a token may be a byte.
    """
    n_bytes, n_ascii = size(text), len(text.encode("ascii", "ignore"))
    return n_bytes / (n_ascii / 2.5 + (n_bytes - n_ascii) / 1.3) if n_bytes else DEFAULT_BYTES_PER_TOKEN


def last_tokens(text: str, n_tokens: int, per_token: float | None) -> str:
    """Return the end of `text` that fits into `n_tokens`, as `last_bytes` does."""
    return last_bytes(text, _bytes_in(n_tokens, per_token))


def first_tokens(text: str, n_tokens: int, per_token: float | None) -> str:
    """Return the beginning of `text` that fits into `n_tokens`, as `first_bytes` does."""
    return first_bytes(text, _bytes_in(n_tokens, per_token))


def last_bytes(text: str, n_bytes: int) -> str:
    """Return the end of `text` that fits into `n_bytes` of UTF-8, from the start of a line if possible.

    A line that is cut is kept if it is more than half of it. The last character is kept even if it does not fit.
    """
    data = text.encode("utf-8", "replace")
    n_bytes = max(1, n_bytes)
    if len(data) <= n_bytes:
        return text
    kept = data[len(data) - n_bytes :].decode("utf-8", "ignore") or text[-1:]
    _, _, whole_lines = kept.partition("\n")
    return whole_lines if 2 * len(whole_lines) >= len(kept) else kept


def first_bytes(text: str, n_bytes: int) -> str:
    """Return the beginning of `text` that fits into `n_bytes` of UTF-8, to the end of a line if possible.

    A line that is cut is kept if it is more than half of it.
    """
    data = text.encode("utf-8", "replace")
    if len(data) <= n_bytes:
        return text
    kept = data[: max(0, n_bytes)].decode("utf-8", "ignore")
    whole_lines = kept[: kept.rfind("\n") + 1]
    return whole_lines if 2 * len(whole_lines) >= len(kept) else kept


def snippets_that_fit(snippets: Sequence[Snippet], n_tokens: int, per_token: float | None) -> Sequence[Snippet]:
    """Return the last snippets that fit whole into `n_tokens`, each with its path and a mark: the last is the best."""
    for index in reversed(range(len(snippets))):
        snippet = snippets[index]
        n_tokens -= estimate_tokens(snippet.text + snippet.path, per_token) + 4
        if n_tokens < 0:
            return snippets[index + 1 :]
    return snippets


def size(text: str) -> int:
    """Return the bytes of `text` in UTF-8."""
    return len(text.encode("utf-8", "replace"))


def _bytes_in(n_tokens: int, per_token: float | None) -> int:
    return max(0, int(n_tokens * (per_token or DEFAULT_BYTES_PER_TOKEN)))
