"""Refusals of a gateway of its own making: no database, a budget that is used up, a refused key of the gateway's. Pure.

The words are LiteLLM's (1.108). Each would be taken for something else by its status alone, with a wrong remedy.
"""

from __future__ import annotations

from collections.abc import Iterable

from fim_language_server.core.shown_values import as_shown
from fim_language_server.errors import AuthenticationError
from fim_language_server.providers.base import RequestSummary

NO_DATABASE = "no connected db"
"""Words where it is asked with a key that only its database could know (proxy/auth)."""

_BUDGET = ("budget has been exceeded", "exceededbudget", "over budget")
"""Words where a key, user or team has spent what it may (BudgetExceededError)."""

_REFUSED_BEHIND = ("litellm.authenticationerror", "litellm.permissiondeniederror")
"""Beginnings where the vendor behind the gateway refused the key that the gateway has for it."""


def gateway_error(
    name: str, label: str, status: int, message: str, kinds: Iterable[str], quoted: str, summary: RequestSummary
) -> AuthenticationError | None:
    """Return the error for a refusal of a gateway's own making; None for any other.

    `name` and `label` are those of the host, `message` and `kinds` the words and the types in its reply, and `quoted`
    is as much of the words as may be shown.
    """
    said, source = message.lower(), f" from {summary.key_source}" if summary.key_source else ""
    if NO_DATABASE in said:
        sentence = (
            f"The gateway {label} knows no key but its master key, as it has no database ({status}); the key{source} "
            "cannot be checked there: give the gateway a database or a check of its own (docs/gateways.md)."
        )
    elif "budget_exceeded" in kinds or any(words in said for words in _BUDGET):
        reason = f": {quoted}" if quoted else ""
        sentence = (
            f"The budget of the key{source} at {label} is used up ({status}{reason}); "
            "ask the people who keep the gateway, or set provider.kind to embedded."
        )
    elif status in (401, 403) and said.startswith(_REFUSED_BEHIND):
        model = f' "{as_shown(summary.model)}"' if summary.model else ""
        sentence = (
            f"{label} took the key{source}, but the host behind it refused the gateway's own ({status}); "
            f"tell the people who keep the gateway that its key for the model{model} is wrong."
        )
    else:
        return None
    return AuthenticationError(name, sentence)
