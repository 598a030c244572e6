"""Checks of the model of next edits by `doctor`: the way to it, and whether it knows what follows from a renaming."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from fim_language_server.cli.findings import CheckReport, Finding, Level
from fim_language_server.cli.provider_checks import check_way_to
from fim_language_server.clock import SystemClock
from fim_language_server.core.next_edit.values import DocumentText, NextEditQuestion, PastEdit
from fim_language_server.core.secrets.placeholders import Placeholders
from fim_language_server.errors import ProviderError, SettingsError
from fim_language_server.providers.targets import choose_edit_target, of_next_edits
from fim_language_server.providers.transport import Transport
from fim_language_server.spending.budget import RateBudget

if TYPE_CHECKING:
    from fim_language_server.app.next_edit_model import AskedModel
    from fim_language_server.settings import Settings

PREFIX: Final = "nextEdit "
"""The beginning of the names of these checks."""

_TEXT: Final = "def area(width, height):\n    return w * height\n\n\nprint(area(2, 3))\n"
QUESTION: Final = NextEditQuestion(
    DocumentText("file:///area.py", "area.py", "python", _TEXT),
    1,
    _TEXT.index("width") + len("width"),
    (
        PastEdit(
            "file:///area.py",
            "area.py",
            0,
            ("def area(w, height):",),
            ("def area(width, height):",),
            below=("    return w * height", "", ""),
        ),
    ),
)
"""A parameter has been renamed, and its use has not."""


async def check_next_edits(report: CheckReport, settings: Settings, environ: Mapping[str, str]) -> None:
    """Check the model of next edits; nothing is told where none is set."""
    section, provider = settings.next_edit_provider, settings.provider
    if not section.is_on:
        return
    if settings.next_edit.mode == "off":
        report.add(Level.WARN, f"{PREFIX}provider", "no next edits: nextEdit.mode is off", "set it to auto")
        return
    try:
        chosen = choose_edit_target(section, provider, environ)
    except SettingsError as error:
        report.error(f"{PREFIX}provider", error)
        return
    assert chosen is not None
    report.ok(f"{PREFIX}provider", f"next edits from {chosen.profile.name}, as nextEdit.provider says")
    from fim_language_server.app.next_edit_model import AskedModel

    transport = Transport(provider.connect_timeout_ms / 1_000, section.first_byte_timeout_ms / 1_000, provider.ca_file)
    inner = CheckReport(lambda finding: _tell(report, finding))
    model = AskedModel(
        chosen.profile,
        chosen.target,
        transport,
        RateBudget(SystemClock()),
        chosen.profile.limits,
        Placeholders(os.urandom(32)),
        lambda _record: None,
        lambda _error: None,
    )
    try:
        if await check_way_to(inner, chosen.target, transport) is not None:
            await _check_edit(inner, model)
    finally:
        await model.close()


async def _check_edit(report: CheckReport, model: AskedModel) -> None:
    began = time.perf_counter()
    try:
        edits = await model.find(QUESTION)
    except ProviderError as error:
        report.error("edit", error)
        return
    ms = f"{(time.perf_counter() - began) * 1_000:.0f} ms"
    if not edits:
        remedy = "small models may do that; else look whether nextEdit.provider.kind is that of the model"
        report.add(Level.WARN, "edit", f"the model proposed nothing after a renaming ({ms})", remedy)
        return
    first = edits[0].replacement
    old = _TEXT[first.start : first.end]
    report.ok("edit", f"after a renaming the model proposed {first.text!r} for {old!r} ({ms})")


def _tell(report: CheckReport, finding: Finding) -> None:
    what, remedy = of_next_edits(finding.what), of_next_edits(finding.remedy)
    report.add(finding.level, f"{PREFIX}{finding.check}", what, remedy)
