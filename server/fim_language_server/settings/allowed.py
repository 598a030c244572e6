"""The kinds, hosts and regions that a company's policy allows. Pure; `providers.targets` checks each model by it."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen


@frozen
class Allowed:
    """Kinds, hosts and regions that code may be sent to; None, or nothing for `regions`, where all are allowed.

    `file` is the policy that says so, and `contact` the address to write to about it.
    """

    file: str
    kinds: tuple[str, ...] | None = None
    hosts: tuple[str, ...] | None = None
    regions: tuple[str | Mapping[str, str], ...] = ()
    contact: str = ""
    store: str = ""
    """Address of the store of budgets that the policy itself sets: it needs no entry in `hosts`."""

    @property
    def advice(self) -> str:
        """The end of a refusal: the people to ask."""
        return f"ask {self.contact} to allow it" if self.contact else "whoever keeps that file can allow it"
