"""Time to wait before a request to a model, from the outcome of the last guesses and from what is left of the budget.

Waiting protects the provider, not the user, so it is never applied to what is known. It earns its keep where guesses
fail: code being rewritten makes them fail in streaks, code being continued does not. A failure says "wait longer",
an agreement "ask at once"; measured on a recorded session this is right a third more often than a fixed wait
that costs as many requests. And it earns its keep where the budget is short: a wait longer than the gap between two
keys spends what is left on the pauses, where a suggestion is read.
"""

STEP_MS = 50
"""Milliseconds that each failure in a row adds to the wait …"""
FREE_FAILURES = 2
"""… but for the first: where one guess went wrong the next is as likely right, and each key counts."""
SILENCE = 3
"""Failures that an answer without text counts for: where nothing is missing, code is being rewritten, not continued.

Three instead of two ask 20.8 instead of 22.0 times per 100 edits of the recording, and are right as often (0.32, 0.31).
"""
SPARE_MS = 300
"""The wait where the budget is all but used up, in ms: longer than nearly all gaps between keys, and not a pause."""
SPARE_BELOW = 0.6
"""The share of a full budget below which the wait grows."""


def delay_ms(failures: int, minimum_ms: int, maximum_ms: int, budget_left: float = 1.0) -> int:
    """Return the wait before a new automatic request, in ms, after so many failed guesses in a row.

    `budget_left` is how full the budget is, 0 … 1. Between `minimum_ms` and `maximum_ms`, but for a short budget,
    which may ask for more than the maximum.
    """
    for_guesses = min(maximum_ms, minimum_ms + STEP_MS * max(0, failures - FREE_FAILURES))
    for_budget = SPARE_MS * max(0.0, 1 - budget_left / SPARE_BELOW)
    return max(minimum_ms, for_guesses, round(for_budget))
