"""The part of `check-privacy` about next edits: what their model would be sent for a place, and to which address."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from fim_language_server.cli.source_document import read_document
from fim_language_server.core.next_edit.values import DocumentText, NextEditQuestion
from fim_language_server.core.values import CompletionRequest

if TYPE_CHECKING:
    from fim_language_server.app.application import Application

BESIDE = "in an editor also your edits of the last ten minutes, and lines of open files around them"


def next_edit_facts(application: Application, path: Path, folder: Path, request: CompletionRequest) -> dict[str, Any]:
    """Return what is printed of next edits with --json, under `nextEdit`; nothing where no model is set.

    `path` is the file of the request, `folder` its workspace. Secrets are replaced in the prompt.
    """
    model, document = application.next_edit_model, request.document
    if model is None:
        return {}
    facts: dict[str, Any] = {"provider": model.profile.name, "to": model.target.url, "sent": False}
    phrased = None
    if document.withheld is None and not application.is_excluded(document):
        _, lines = read_document(path, folder)
        place = sum(map(len, lines[: request.position.line])) + request.position.column
        shown = DocumentText(document.uri, document.path, document.language_id, "".join(lines))
        phrased = model.phrase(NextEditQuestion(shown, 1, place))
    if phrased is None:
        return {"nextEdit": facts}
    rules = list(phrased.masked.rules)
    return {"nextEdit": {**facts, "sent": True, "prompt": phrased.prompt.text, "replaced": rules, "beside": BESIDE}}


def next_edit_in_words(facts: dict[str, Any]) -> str:
    """Return the same for people."""
    to = f"to {facts['to']} ({facts['provider']})"
    if not facts["sent"]:
        return f"For next edits nothing is sent {to}: not of this file, or not of this place."
    rules = ", ".join(facts["replaced"])
    replaced = f"secrets replaced: {rules}" if rules else "no secrets found"
    return f"For next edits, {to}; {facts['beside']}:\n--- prompt\n{facts['prompt']}\n--- end, {replaced}"
