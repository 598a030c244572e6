"""Windows that fit into a number of tokens, for servers that cut longer ones silently. Pure.

Tokens are estimated from bytes of UTF-8: in source code about three make a token, in CJK text a character has three
bytes and is about a token. A server's own count of a sample improves the estimate.
"""

from __future__ import annotations

from typing import Final

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
    return int(len(text.encode("utf-8", "replace")) / (per_token or DEFAULT_BYTES_PER_TOKEN)) + 1


def last_tokens(text: str, n_tokens: int, per_token: float | None) -> str:
    """Return the end of `text` that fits into `n_tokens`, from the start of a line if possible.

    The last character is kept even if it does not fit.
    """
    data = text.encode("utf-8", "replace")
    n_bytes = max(1, _bytes_in(n_tokens, per_token))
    if len(data) <= n_bytes:
        return text
    kept = data[len(data) - n_bytes :].decode("utf-8", "ignore") or text[-1:]
    _, _, whole_lines = kept.partition("\n")
    return whole_lines or kept


def first_tokens(text: str, n_tokens: int, per_token: float | None) -> str:
    """Return the beginning of `text` that fits into `n_tokens`, to the end of a line if possible."""
    data = text.encode("utf-8", "replace")
    n_bytes = _bytes_in(n_tokens, per_token)
    if len(data) <= n_bytes:
        return text
    kept = data[:n_bytes].decode("utf-8", "ignore")
    whole_lines, line_end, _ = kept.rpartition("\n")
    return whole_lines + line_end if line_end else kept


def _bytes_in(n_tokens: int, per_token: float | None) -> int:
    return max(0, int(n_tokens * (per_token or DEFAULT_BYTES_PER_TOKEN)))
