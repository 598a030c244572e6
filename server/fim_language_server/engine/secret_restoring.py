"""Secrets put back into a model's answer to a masked context (`core.secrets`), event by event."""

from __future__ import annotations

from contextlib import aclosing

from attrs import evolve

from fim_language_server.core.secrets.restoring import Restorer
from fim_language_server.core.values import Chunk
from fim_language_server.engine.shared_stream import Events


async def restore_secrets(events: Events, restorer: Restorer) -> Events:
    """Yield `events` with the secrets that `restorer` knows in place of their placeholders.

    A piece of text that may be the beginning of a placeholder is held back until the next piece decides it.
    """
    async with aclosing(events) as source:
        async for event in source:
            if not isinstance(event, Chunk):
                yield event
                continue
            text = restorer.feed(event.text)
            if event.finish_reason is not None:
                text += restorer.finish()
            if restorer.is_over:
                # A placeholder of another document follows, whose secret must not appear here.
                yield evolve(event, text=text, finish_reason="stop")
                return
            yield event if text == event.text else evolve(event, text=text)
    if rest := restorer.finish():
        yield Chunk(rest)
