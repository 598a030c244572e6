"""Reports and grants as JSON, as the function in a store of a team takes and returns them (`exchange.lua`). Pure."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from fim_language_server.spending.rate_limits import RateLimits
from fim_language_server.spending.shared_values import (
    Amount,
    LearnedLimits,
    LeaseGrant,
    Refusal,
    RefusedPart,
    ReportedLimits,
    SpendingReport,
    Spent,
)

_UNBOUNDED = 1e12
"""Stands for infinity, which JSON does not have."""


def written(report: SpendingReport) -> str:
    """Return a report as JSON. Seconds are ages: no machine's clock enters."""
    return json.dumps(
        {
            "spent": [[it.ago_s, it.amount.requests, it.amount.tokens] for it in report.spent],
            "held": _pair(report.held),
            "wanted": _pair(report.wanted),
            "limits": _pair(report.limits),
            "least": _pair(report.least),
            "is_active": report.is_active,
            "is_urgent": report.is_urgent,
            "keeps_own": report.keeps_own_limits,
            "learned": _learned(report.learned),
        }
    )


def read_grant(text: bytes | str) -> LeaseGrant:
    """Return the grant in JSON. Raises ValueError, also for JSON of another form."""
    try:
        found = json.loads(text)
        learned = found["learned"]
        return LeaseGrant(
            _amount(found["granted"]),
            float(found["valid_s"]),
            tuple(Spent(float(ago), Amount(float(n), float(tokens))) for ago, n, tokens in found["spent_by_others"]),
            LearnedLimits(
                _told(learned.get("told")), _refusal(learned.get("refusal")), float(learned["closed_s"]),
                _part(learned.get("part")),
            ),
            _amount(found["most"]),
            int(found["members"]),
            int(found["active"]),
            _amount(found["limits"]),
            knows_all=True,
        )  # fmt: skip
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"no grant: {type(error).__name__}") from None


def _pair(amount: Amount) -> list[float]:
    return [min(amount.requests, _UNBOUNDED), min(amount.tokens, _UNBOUNDED)]


def _amount(pair: Sequence[float]) -> Amount:
    requests, tokens = pair
    return Amount(float(requests), float(tokens))


def _learned(learned: LearnedLimits) -> dict[str, Any]:
    said: dict[str, Any] = {"closed_s": learned.closed_for_s}
    if learned.told is not None:
        limits = learned.told.limits
        said["told"] = {
            "ago_s": learned.told.ago_s,
            "limits": [limits.requests_per_minute or 0, limits.tokens_per_minute or 0],
            "left": [-1 if it is None else it for it in (limits.requests_left, limits.tokens_left)],
        }
    if (it := learned.refusal) is not None:
        at_most = min(it.at_most, _UNBOUNDED)
        said["refusal"] = {"ago_s": it.ago_s, "per_minute": it.per_minute, "at_most": at_most}
    if learned.part is not None:
        said["part"] = {"ago_s": learned.part.ago_s, "part": learned.part.part}
    return said


def _told(said: Mapping[str, Any] | None) -> ReportedLimits | None:
    if said is None:
        return None
    (requests, tokens), (requests_left, tokens_left) = said["limits"], said["left"]
    limits = RateLimits(
        requests or None,
        None if requests_left < 0 else requests_left,
        tokens or None,
        None if tokens_left < 0 else tokens_left,
    )
    return ReportedLimits(limits, float(said["ago_s"]))


def _refusal(said: Mapping[str, Any] | None) -> Refusal | None:
    if said is None:
        return None
    at_most = float(said["at_most"])
    return Refusal(float(said["per_minute"]), math.inf if at_most >= _UNBOUNDED else at_most, float(said["ago_s"]))


def _part(said: Mapping[str, Any] | None) -> RefusedPart | None:
    return None if said is None else RefusedPart(float(said["part"]), float(said["ago_s"]))
