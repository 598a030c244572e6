"""Windows of text that fit into so many tokens, where a server would cut them without a word. Pure.

Tokens are estimated by bytes: of source code about three make one, in CJK text one character is three bytes and
about one token. A server's own count on a sample makes the estimate better.
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
"""Code of the usual kind, to be counted by a server's tokenizer."""

_MARGIN: Final = 0.85
"""Dense code has fewer bytes to a token than the sample."""


def answer_share(n_context: int, n_wanted: int) -> int:
    """Return how many tokens an answer may have: as many as are wanted, and at most half of the model's context.

    A prompt without room makes the model answer to nothing.
    """
    return max(1, min(n_wanted, n_context // 2))


def bytes_per_token(n_sample_tokens: int) -> float:
    """Return what to reckon with, where the sample has so many tokens; 1.0 is exact: no token is less than a byte."""
    return max(1.0, _MARGIN * len(SAMPLE.encode()) / n_sample_tokens)


def estimate_tokens(text: str, per_token: float | None) -> int:
    """Return about how many tokens `text` has."""
    return int(len(text.encode("utf-8", "replace")) / (per_token or DEFAULT_BYTES_PER_TOKEN)) + 1


def last_tokens(text: str, n_tokens: int, per_token: float | None) -> str:
    """Return the end of `text` that fits into so many tokens, from the start of a line where there is one.

    Never empty where the text is not: the last character is kept whatever the room.
    """
    data = text.encode("utf-8", "replace")
    n_bytes = max(1, _bytes_in(n_tokens, per_token))
    if len(data) <= n_bytes:
        return text
    kept = data[len(data) - n_bytes :].decode("utf-8", "ignore") or text[-1:]
    _, _, whole_lines = kept.partition("\n")
    return whole_lines or kept


def first_tokens(text: str, n_tokens: int, per_token: float | None) -> str:
    """Return the beginning of `text` that fits into so many tokens, to the end of a line where there is one."""
    data = text.encode("utf-8", "replace")
    n_bytes = _bytes_in(n_tokens, per_token)
    if len(data) <= n_bytes:
        return text
    kept = data[:n_bytes].decode("utf-8", "ignore")
    whole_lines, line_end, _ = kept.rpartition("\n")
    return whole_lines + line_end if line_end else kept


def _bytes_in(n_tokens: int, per_token: float | None) -> int:
    return max(0, int(n_tokens * (per_token or DEFAULT_BYTES_PER_TOKEN)))
