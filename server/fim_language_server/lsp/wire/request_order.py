"""The order of a document's requests, kept where some of them wait for something before they reach the engine.

The engine lets the request that comes last end the others of its document. Requests that wait for the same thing go
on some turns of the event loop later than a newer request that did not have to wait, and must not end that one.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from attrs import define, field


@define
class RequestOrder:
    """Numbers requests as they arrive, and turns away those that a newer one of their document has overtaken."""

    _numbers: Iterator[int] = field(factory=itertools.count, repr=False)
    _newest: dict[str, int] = field(factory=dict)

    def arrive(self) -> int:
        """Return the number of a request that has just arrived."""
        return next(self._numbers)

    def admit(self, uri: str, number: int) -> bool:
        """Note that the request of this number goes on; false where a newer one of the document `uri` did before."""
        if number < self._newest.get(uri, 0):
            return False
        self._newest[uri] = number
        return True

    def forget(self, uri: str) -> None:
        """Forget a document that was closed."""
        self._newest.pop(uri, None)
