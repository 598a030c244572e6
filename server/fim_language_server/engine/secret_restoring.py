"""A provider's events with secrets put back: where a model's answer to a masked context enters the engine."""

from __future__ import annotations

from contextlib import aclosing

from attrs import evolve

from fim_language_server.core.secrets.restoring import Restorer
from fim_language_server.core.values import Chunk
from fim_language_server.engine.shared_stream import Events


async def restored(events: Events, restorer: Restorer) -> Events:
    """Yield the events of a model's answer with the secrets that `restorer` knows in place of their placeholders.

    Pieces of text may come later than the model sent them, as long as they may be the beginning of a placeholder.
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
                # What would follow is another document's secret.
                yield evolve(event, text=text, finish_reason="stop")
                return
            yield event if text == event.text else evolve(event, text=text)
    if rest := restorer.finish():
        yield Chunk(rest)
