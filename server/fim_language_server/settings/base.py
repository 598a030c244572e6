"""The base of every group of settings."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

MACHINE = {"scope": "machine"}
"""A key whose value belongs to one machine: an address, a program, a file (VS Code's scope of that name)."""


class Section(BaseModel):
    """A group of settings."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        frozen=True,
        extra="forbid",
        use_attribute_docstrings=True,
        protected_namespaces=(),
    )
