"""One text for the cursor, and the evidence for it: what `candidates` gathers, and `features` describes."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import define, field

from fim_language_server.embedded.search.place_reader import Vote


@define
class LineCandidate:
    """One text for the cursor, and the evidence for it."""

    text: str = field(repr=False)
    words: Sequence[str] = field(repr=False)
    """The tokens of the text, the unfinished one whole."""
    weight: float = 0.0
    """The votes for it, each by depth, place, kind and agreement."""
    hits: int = 0
    depth: int = 0
    """Longest context that was followed by exactly this, in tokens, up to DEPTH."""
    abstract_depth: int = 0
    """Longest context that was followed by this under other names."""
    reach: int = 0
    abstract_reach: int = 0
    """The same two without that limit."""
    document_hits: int = 0
    document_depth: int = 0
    nearest: int | None = None
    """Distance in tokens of the nearest hit in the document."""
    same_directory: bool = False
    agreement: int = 0
    """Most tokens after the copied line that are also after the cursor's line."""
    follows: int = 0
    """The same, names not looked at where the context's are not."""
    tail_match: float = 0.0
    """How well the copied line goes on as the cursor's line does after the cursor: 0 … 2."""
    renamed: int | None = None
    """Fewest words that had to change their name; None where all hits are exact."""
    deep_hits: int = 0
    """Exact hits with the longest context."""
    files: set[int] = field(factory=set, repr=False)
    """Which files say so; -1 is the open document."""
    same_language: bool = False
    """Does a file say so that has the document's extension?"""
    filled: bool = False
    """Did a name have to be put in?"""
    votes: list[Vote] = field(factory=list, repr=False)
