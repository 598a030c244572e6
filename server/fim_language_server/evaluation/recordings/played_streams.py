"""Recorded streams in the models' place: the same text in the same parts at the same times.

A request at a place for which a stream was recorded gets that stream. With other settings models are asked elsewhere:
then the rest of a stream is given whose text leads there, and nothing where no recorded text does.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from typing import Final

from attrs import define, field, frozen

from fim_language_server import errors
from fim_language_server.core.recordings.records import KeptStream
from fim_language_server.core.recordings.text_records import ChangedText, OpenedText
from fim_language_server.core.recordings.texts import FollowedText, LostTextError
from fim_language_server.core.values import Chunk, CompletionRequest, Context, Started, Usage
from fim_language_server.engine.options import OpenStream
from fim_language_server.engine.shared_stream import Events
from fim_language_server.errors import ProviderError
from fim_language_server.evaluation.recordings.reading import Recording

SAME_MS: Final = 250.0
"""A stream that is asked for within this time of when it was recorded has its parts at the recorded moments."""
AROUND: Final = 300
"""Code points around a stream's place by which another place is told to follow from it."""
UNKNOWN_S: Final = 1.0
"""Seconds after which a request is answered with nothing where the recording has no text for it."""
_ERRORS: Final = (
    errors.AuthenticationError,
    errors.RequestRejectedError,
    errors.TooLongError,
    errors.RateLimitedError,
    errors.UnavailableError,
    errors.NotStartedError,
    errors.StreamError,
)
ENDLESS_S: Final = 3_600.0
"""Seconds for which a stream that the recording server had closed stays silent after its last part."""


@frozen
class _PlacedStream:
    """A recorded stream, and the text around its place; None where the place was asked ahead."""

    stream: KeptStream
    around: tuple[str, str] | None = field(default=None, repr=False)

    def length_before(self, request: CompletionRequest) -> int | None:
        """Return how much of the stream's text stands before a request's place already; None where it leads not there.

        Both places have the same text after them.
        """
        if self.around is None or self.around[1] != request.suffix[: len(self.around[1])]:
            return None
        text = self.stream.text.known.replace("\r\n", "\n")
        prefix = request.prefix.replace("\r\n", "\n")[-AROUND:]
        for size in range(len(text) + 1):
            if (self.around[0] + text[:size]).endswith(prefix):
                return size
        return None


@define
class PlayedStreams:
    """Answers of models as they were recorded. `uris` are the documents of the replay; `ms` is the recording's time."""

    _recording: Recording = field(repr=False)
    _uris: Mapping[int, str] = field(repr=False)
    _ms: Callable[[], float] = field(repr=False)
    unknown: int = 0
    """Requests to models for which the recording has no text."""
    _exact: dict[tuple[object, ...], list[_PlacedStream]] = field(factory=lambda: defaultdict(list), repr=False)
    _by_document: dict[str, list[_PlacedStream]] = field(factory=lambda: defaultdict(list), repr=False)

    def __attrs_post_init__(self) -> None:
        for placed in _placed(self._recording):
            it = placed.stream
            uri = self._uris.get(it.document, "")
            self._exact[it.model, uri, it.version, it.line, it.column, it.variant, it.trigger].append(placed)
            self._by_document[uri].append(placed)

    def model(self, label: str) -> OpenStream:
        """Return the model of a name."""

        def open_stream(request: CompletionRequest, context: Context) -> Events:
            return self._answer(label, request, context)

        return open_stream

    def _answer(self, label: str, request: CompletionRequest, context: Context) -> Events:
        place, document = request.position, request.document
        key = label, document.uri, document.version, place.line, place.column, request.variant, request.trigger.value
        found = self._exact.get(key)
        if found:
            placed = found.pop(0) if len(found) > 1 else found[0]
            return self._play(placed.stream, 0, context)
        if not label.endswith("(guess)"):
            for placed in reversed(self._by_document.get(document.uri, [])):
                size = placed.length_before(request)
                if size is not None and placed.stream.end != "failed":
                    return self._play(placed.stream, size, context)
            self.unknown += 1
            return _silence(context, UNKNOWN_S)
        return _silence(context, 0.0)

    async def _play(self, it: KeptStream, skipped: int, context: Context) -> AsyncGenerator[Started | Chunk, None]:
        now = self._ms()
        zero = it.ms if abs(now - it.ms) <= SAME_MS and not skipped else now
        text, at = it.text.known, 0
        if it.parts or not it.error:
            await self._wait(zero + (it.parts[0].ms if it.parts else it.lasted_ms))
            yield Started(snippets=context.snippets)
        for part in it.parts:
            await self._wait(zero + part.ms)
            piece, at = text[at : at + part.length], at + part.length
            cut = max(0, min(len(piece), skipped - (at - part.length)))
            tokens = part.prompt_tokens, part.completion_tokens
            usage = Usage(*tokens) if any(tokens) else None
            yield Chunk(piece[cut:], part.finish, usage, part.confidence, part.silence)
        if it.end == "closed":
            await asyncio.sleep(ENDLESS_S)
        await self._wait(zero + it.lasted_ms)
        if it.end == "failed":
            raise _error_of(it)

    async def _wait(self, ms: float) -> None:
        if (left := ms - self._ms()) > 0:
            await asyncio.sleep(left / 1_000)


async def _silence(context: Context, seconds: float) -> AsyncGenerator[Started | Chunk, None]:
    """Answer with nothing, after a time in which the next key or a cancellation may come first, as it did."""
    yield Started(snippets=context.snippets)
    await asyncio.sleep(seconds)
    yield Chunk(finish_reason="stop")


def _error_of(it: KeptStream) -> ProviderError:
    kind: type[ProviderError] = next((each for each in _ERRORS if each.__name__ == it.error), errors.StreamError)
    made = kind(it.model, it.message or "failed", retry_after=it.retry_after)
    made.status = it.status
    return made


def _placed(recording: Recording) -> Sequence[_PlacedStream]:
    """Return the streams in the order in which they began, each with the text around its place."""
    streams = sorted((it for it in recording.records if isinstance(it, KeptStream)), key=lambda it: it.ms)
    wanted: dict[tuple[int, int], list[KeptStream]] = defaultdict(list)
    for it in streams:
        wanted[it.document, it.version].append(it)
    around: dict[int, tuple[str, str]] = {}
    texts: dict[int, FollowedText] = {}
    for record in recording.records:
        if not isinstance(record, OpenedText | ChangedText):
            continue
        try:
            if isinstance(record, OpenedText):
                texts[record.document] = FollowedText.of(record.text.known)
            elif record.document in texts:
                texts[record.document].apply(record.edits)
        except LostTextError:
            texts.pop(record.document, None)
            continue
        for it in wanted.get((record.document, record.version), []):
            if (text := texts.get(record.document)) is not None:
                around[it.stream] = _around(text, it) or around.get(it.stream, ("", ""))
    return [_PlacedStream(it, around.get(it.stream)) for it in streams]


def _around(followed: FollowedText, it: KeptStream) -> tuple[str, str] | None:
    try:
        offset = followed.offset(it.line, it.column)
    except LostTextError:
        return None
    text = followed.text
    return text[max(0, offset - AROUND) : offset], text[offset : offset + AROUND]
