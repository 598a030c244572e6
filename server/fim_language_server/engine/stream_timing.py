"""The times of one stream: when it began, when text came, and how long it was silent. In seconds of the clock."""

from __future__ import annotations

from attrs import define


@define
class StreamTiming:
    """When a stream's text came. `began_at` is when the request was sent."""

    began_at: float = 0.0
    last_text_at: float = 0.0
    """When text came last; `began_at` before any has come."""
    first_text_at: float | None = None
    longest_silence_s: float = 0.0
    """The longest time before a piece of text, the first one included."""

    def start(self, now: float) -> None:
        """Begin to measure at `now`."""
        self.began_at = self.last_text_at = now

    def note_text(self, now: float) -> None:
        """Note that a piece of text came at `now`."""
        self.longest_silence_s = max(self.longest_silence_s, now - self.last_text_at)
        self.last_text_at = now
        if self.first_text_at is None:
            self.first_text_at = now
