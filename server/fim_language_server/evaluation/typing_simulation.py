"""Typing a held-out line key by key with a model's ghost text, as an ideal typist: Tab when it is exactly right.

Ghost text stays while the typed text agrees with it, as the server keeps it; only then the model is asked again. One
that says how sure it is, is asked again while its text is typed into, too, as the server asks it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from fim_language_server.core.typing_through import DOUBTED_AFTER
from fim_language_server.core.values import Trigger
from fim_language_server.evaluation.holes import Hole
from fim_language_server.evaluation.model_calls import ModelAnswer
from fim_language_server.evaluation.records import Typed

Ask = Callable[[Hole, Trigger, str], Awaitable[ModelAnswer]]
"""Asks what comes after the hole's beginning and what was typed into it."""


async def type_line(provider: str, line: Hole, ask: Ask) -> Typed:
    """Type a line (a hole of kind `line`) and return what it took. A line end costs a key with and without a model.

    Two ghosts are different if they would make different lines of what is typed.
    """
    target = line.target
    ghosts: set[str] = set()
    known, typed_at_request = "", 0
    is_sure = False
    requests = prompt_tokens = completion_tokens = 0
    for typed in range(len(target)):
        known = known[1:] if known and known[0] == target[typed - 1] else ""
        if not known or (is_sure and typed - typed_at_request >= DOUBTED_AFTER):
            reply = await ask(line, Trigger.AUTOMATIC, target[:typed])
            known, typed_at_request, is_sure = reply.text, typed, reply.confidence is not None
            requests += 1
            prompt_tokens += reply.prompt_tokens
            completion_tokens += reply.completion_tokens
        if known:
            ghosts.add(target[:typed] + known)
        if known == target[typed:]:
            keys, accepted = typed + 1, True
            break
    else:
        keys, accepted = len(target), False
    return Typed(
        provider, line.name, len(target), keys, len(ghosts), accepted, requests, prompt_tokens, completion_tokens
    )
