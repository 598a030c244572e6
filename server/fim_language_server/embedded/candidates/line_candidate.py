"""The candidate: one text for the cursor, with the evidence that its votes add up to."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import define, field

from fim_language_server.embedded.search.place_reader import Vote


@define
class LineCandidate:
    """One text for the cursor, and the evidence for it."""

    text: str = field(repr=False)
    words: Sequence[str] = field(repr=False)
    """The tokens of the text; the unfinished one is whole."""
    weight: float = 0.0
    """Sum of the weights of its votes."""
    hits: int = 0
    depth: int = 0
    """Longest context of an exact vote in tokens, up to DEPTH."""
    abstract_depth: int = 0
    """Longest context of a renamed vote in tokens, up to DEPTH."""
    reach: int = 0
    abstract_reach: int = 0
    """As `depth` and `abstract_depth`, up to 64 tokens."""
    document_hits: int = 0
    document_depth: int = 0
    nearest: int | None = None
    """Distance in tokens of the nearest hit in the document."""
    same_directory: bool = False
    agreement: int = 0
    """Most tokens after the copied line that are also after the cursor's line."""
    follows: int = 0
    """As `agreement`, of abstract tokens for votes found by abstract ones."""
    tail_match: float = 0.0
    """Match of the copied line's rest with the text after the cursor, 0 … 2; see `cut_at_tail`."""
    renamed: int | None = None
    """Fewest words of a vote that got another name; None if all votes are exact."""
    deep_hits: int = 0
    """Number of exact hits with the longest context."""
    files: set[int] = field(factory=set, repr=False)
    """Indices of the files that its votes come from; -1 is the open document."""
    same_language: bool = False
    """Does one of those files have the document's extension?"""
    filled: bool = False
    """Is one of its votes of the kind FILLED?"""
    votes: list[Vote] = field(factory=list, repr=False)
