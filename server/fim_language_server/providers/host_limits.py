"""Limits of hosts: requests and tokens a minute, windows that suit them, and the text that they drop silently. Values.

Each is a field of a provider in the registry (`providers/__init__.py`).
"""

from __future__ import annotations

import enum

from attrs import frozen


@frozen
class HostLimits:
    """Limits of a host per minute, 0 where unknown. Tokens are those of prompt and answer together."""

    requests_per_minute: int = 0
    tokens_per_minute: int = 0
    are_of_workspace: bool = False
    """Do all keys of a company's workspace spend them together?"""


NO_LIMITS = HostLimits()


@frozen
class HostWindow:
    """The most code points of prefix and suffix that suit a host, where that is less than the settings' default.

    `snippet_chars` are the most of all snippets together; None where the settings decide.
    """

    prefix_chars: int
    suffix_chars: int
    snippet_chars: int | None = None


class CutUnit(enum.Enum):
    """The unit in which a host measures a text before it cuts it."""

    BYTES = "bytes of UTF-8"
    TOKENS = "tokens"


class Kept(enum.Enum):
    """The part of a text that is left after a host has cut it."""

    END = "its end"
    START = "its start"
    WHOLE_PIECES = "whole pieces, up to the first that does not fit"


@frozen
class SilentCut:
    """A limit beyond which a host drops text of a request without an error.

    `fields` are the request's fields whose texts are measured, joined in this order; a dot leads into an object or into
    the objects of a list. `limit_field` is the field that holds the limit, where the request itself sets it.
    """

    fields: tuple[str, ...]
    limit: int
    unit: CutUnit
    kept: Kept
    limit_field: str = ""
