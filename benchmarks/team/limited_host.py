"""A FIM API that allows some requests and tokens in any 60 s, over all keys, and says so by a 429 alone."""

from __future__ import annotations

import time
from collections import deque

from aiohttp import web
from attrs import define, field

from benchmarks.fake_api.mistral_dialect import error_body, usage_of
from benchmarks.fake_api.provider_server import FimServer, Recorded
from benchmarks.fake_api.scripted_answer import Script

WINDOW_S = 60.0


def tokens_of(request: Recorded) -> int:
    """Return the tokens of a prompt and of its answer, as far as it was sent."""
    return usage_of(request.body, request.n_sent)["total_tokens"]


@define(eq=False)
class LimitedHost(FimServer):
    """A host that enforces limits in any 60 s; 0 means none. `served` and `refused` are kept apart."""

    requests_per_minute: int = 0
    tokens_per_minute: int = 0
    served: list[Recorded] = field(factory=list)
    refused: list[Recorded] = field(factory=list)
    fullest: int = 0
    """The most tokens that any 60 s held, as far as they were looked at."""
    _lately: deque[Recorded] = field(factory=deque)

    async def _respond(self, request: web.Request, recorded: Recorded, script: Script) -> web.StreamResponse:
        if not self._admits(recorded):
            self.refused.append(recorded)
            return web.json_response(error_body("Requests rate limit exceeded", "1300"), status=429)
        self.served.append(recorded)
        self._lately.append(recorded)
        return await super()._respond(request, recorded, script)

    def _admits(self, recorded: Recorded) -> bool:
        now = time.monotonic()
        while self._lately and self._lately[0].arrived_at <= now - WINDOW_S:
            self._lately.popleft()
        spent = sum(map(tokens_of, self._lately))
        self.fullest = max(self.fullest, spent)
        if self.requests_per_minute and len(self._lately) >= self.requests_per_minute:
            return False
        return not self.tokens_per_minute or spent + tokens_of(recorded) <= self.tokens_per_minute
