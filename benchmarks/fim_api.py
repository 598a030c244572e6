"""The FIM API of a session: as slow as a hosted one, and as limited and as unreliable as its conditions say."""

from __future__ import annotations

import random
import time
from collections import Counter, deque

from attrs import define, field, frozen

from benchmarks.fake_api.mistral_dialect import error_body
from benchmarks.fake_api.scripted_answer import Script

WINDOW_S = 60.0


@frozen
class Conditions:
    """Milliseconds to the first token and for each later one, chance of a wrong turn at a token, and faults."""

    first_token_ms: float = 180.0
    per_token_ms: float = 8.0
    miss: float = 0.08
    error_rate: float = 0.0
    requests_per_minute: int = 0
    tells_limits: bool = False


@define
class Pace:
    """Chooses how each request is answered."""

    conditions: Conditions
    chance: random.Random
    statuses: Counter[int] = field(factory=Counter)
    _admitted: deque[float] = field(factory=deque)

    def choose(self) -> Script:
        """Return the script of one answer: a text at the usual pace, a 429 over the limit, or a 503."""
        script = self._choose()
        self.statuses[script.status or 200] += 1
        return script

    def _choose(self) -> Script:
        conditions = self.conditions
        now = time.monotonic()
        while self._admitted and self._admitted[0] <= now - WINDOW_S:
            self._admitted.popleft()
        if conditions.requests_per_minute and len(self._admitted) >= conditions.requests_per_minute:
            wait = max(1, round(WINDOW_S - (now - self._admitted[0])))
            return Script(status=429, body=error_body("Rate limit exceeded", "1300"), headers=self._headers(wait))
        self._admitted.append(now)
        if self.chance.random() < conditions.error_rate:
            return Script(status=503, body=error_body("Service unavailable", "3000"), first_byte_after=0.05)
        return Script(
            first_byte_after=conditions.first_token_ms / 1e3,
            per_token=conditions.per_token_ms / 1e3,
            headers=self._headers(),
        )

    def _headers(self, retry_after: int | None = None) -> dict[str, str]:
        headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
        limit = self.conditions.requests_per_minute
        if limit and self.conditions.tells_limits:
            headers["x-ratelimit-limit-req-minute"] = str(limit)
            headers["x-ratelimit-remaining-req-minute"] = str(max(0, limit - len(self._admitted)))
        return headers
