"""Prompts as a model's server receives them, parted into the windows around the cursor and the pieces of files. Pure.

Two wire formats are read, in which the pieces can be told from the windows: Mistral's, which puts each file under a
line `+++++ PATH` above the prefix, the cursor's own file last, and llama.cpp's `/infill`, which has a field for them
(`input_extra`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from attrs import field, frozen

_HEADER: Final = re.compile(r"^\+\+\+\+\+ (.*)\n", re.MULTILINE)


@frozen
class Piece:
    """A piece of a file above the windows."""

    path: str
    text: str = field(repr=False)


@frozen
class RecordedPrompt:
    """One prompt: the windows, the pieces, and the `rendered` text in the order in which a model reads it.

    The suffix comes first, as in Codestral's own format: while a file's end is written it stays the same.
    """

    prefix: str = field(repr=False)
    suffix: str = field(repr=False)
    pieces: tuple[Piece, ...] = field(repr=False)
    rendered: bytes = field(repr=False)

    @property
    def size(self) -> int:
        """Return the bytes of the whole prompt in UTF-8, with headers of pieces."""
        return len(self.rendered)

    @property
    def pieces_size(self) -> int:
        """Return the bytes of the pieces in UTF-8, with their headers."""
        return self.size - len(_bytes(self.prefix)) - len(_bytes(self.suffix))

    def fresh_after(self, last: RecordedPrompt | None) -> int:
        """Return the bytes from the first difference to the `last` prompt on: those that no cache holds."""
        if last is None:
            return self.size
        return self.size - _common_length(self.rendered, last.rendered)


def read_prompt(body: Mapping[str, Any], before: str) -> RecordedPrompt | None:
    """Return the prompt in a request's body; None where it is of neither format.

    `before` is the text of the document before the cursor: it tells where the prefix begins, whatever stands in it.
    """
    if isinstance(body.get("input_prefix"), str):
        return _of_llama_cpp(body)
    if isinstance(body.get("prompt"), str):
        return _of_mistral(body["prompt"], _text(body.get("suffix")), before)
    return None


def _of_mistral(prompt: str, suffix: str, before: str) -> RecordedPrompt:
    headers = list(_HEADER.finditer(prompt)) if prompt.startswith("+++++ ") else []
    rendered = _bytes(suffix + prompt)
    if not headers:
        return RecordedPrompt(prompt, suffix, (), rendered)
    own = next((each for each in headers if before.endswith(prompt[each.end() :])), headers[-1])
    others = [header for header in headers if header.start() < own.start()]
    ends = [*(header.start() for header in others[1:]), own.start()]
    pieces = tuple(Piece(header[1], prompt[header.end() : end]) for header, end in zip(others, ends, strict=False))
    return RecordedPrompt(prompt[own.end() :], suffix, pieces, rendered)


def _of_llama_cpp(body: Mapping[str, Any]) -> RecordedPrompt:
    extra = body.get("input_extra")
    entries: Sequence[Any] = extra if isinstance(extra, list) else ()
    pieces = tuple(
        Piece(_text(entry.get("filename")), _text(entry.get("text"))) for entry in entries if isinstance(entry, dict)
    )
    # The server writes the files first, then suffix and prefix (SPM) or prefix and suffix (PSM), by the model.
    files = "".join(f"{piece.path}\n{piece.text}\n" for piece in pieces)
    prefix, suffix = _text(body["input_prefix"]), _text(body.get("input_suffix"))
    return RecordedPrompt(prefix, suffix, pieces, _bytes(files + suffix + prefix))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _common_length(a: bytes, b: bytes) -> int:
    """Return the length of the longest common beginning."""
    low, high = 0, min(len(a), len(b))
    while low < high:
        middle = (low + high + 1) // 2
        if a[:middle] == b[:middle]:
            low = middle
        else:
            high = middle - 1
    return low
