"""Rows of the usage log: one for each request or outcome of a machine's own file, or sums of those from other machines.

A machine prints its rows with `stats --json`; a team lead reads those of several with `stats --from FILE…`.
"""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from attrs import asdict, field, frozen

from fim_language_server.state.database import UnusableError, open_to_read
from fim_language_server.usage.attribution import hashed
from fim_language_server.usage.database import FIRST_COLUMNS, has_added, salt_of
from fim_language_server.usage.log import local_day

GROUPS: Final = ("day", "person", "project", "host", "provider", "model", "language")
"""The names by which rows are summed up, in the order of `UsageRow.keys`."""

Times = tuple[float | None, float | None, float | None]
"""Times of a request in ms: the wait before it, until the first text, and from there to the end."""

MOST_BYTES: Final = 50_000_000
MOST_ROWS: Final = 500_000
LONGEST_KEY: Final = 200


@frozen
class UsageRow:
    """Counts of one request, of one kind of outcome, or of several requests that have all `keys` in common.

    A key is None where it is not known of outcomes, which older programs kept by day, provider and language alone.
    """

    keys: tuple[str | None, ...]
    requests: int = 0
    outcomes: Mapping[str, int] = field(factory=dict)
    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    cost_usd: float = 0.0
    unpriced: int = 0
    estimated: int = 0
    suggestions: Mapping[str, int] = field(factory=dict)
    times: Times | None = None

    def key(self, name: str) -> str | None:
        """Return the key of a group, such as the model of `model`."""
        return self.keys[GROUPS.index(name)]


@frozen
class MachineUsage:
    """The rows of one machine: `machine` tells it from others, "" where the file is an old one."""

    rows: tuple[UsageRow, ...] = ()
    machine: str = ""
    made: float = 0.0


def read_usage_file(path: Path, days: int, now: float) -> MachineUsage:
    """Return the rows of the last `days` days, today among them. Raises UnusableError."""
    first_day = local_day(now) - days + 1
    connection = open_to_read(path)
    try:
        is_extended = has_added(connection)
        table, names = ("entries", "host, person, project") if is_extended else ("requests", "'', '', ''")
        requests = connection.execute(f"SELECT {FIRST_COLUMNS}, {names} FROM {table}").fetchall()  # noqa: S608
        offers = connection.execute("SELECT day, provider, language, outcome, n FROM offers").fetchall()
        fates = connection.execute("SELECT * FROM fates").fetchall() if is_extended else []
        machine = hashed("machine", salt_of(connection)) if is_extended else ""
    except sqlite3.Error as error:
        raise UnusableError(f"{path} cannot be read ({error})") from None
    finally:
        connection.close()
    rows = [_request_row(*request) for request in requests if local_day(request[0]) >= first_day]
    rows += _outcome_rows([it for it in offers if it[0] >= first_day], [it for it in fates if it[0] >= first_day])
    return MachineUsage(tuple(rows), machine, now)


def _request_row(
    at: float, provider: str, model: str, language: str, outcome: str,
    wait: float, first: float | None, stream: float | None,
    prompt: int, out: int, cached: int, is_estimated: int, cost: float | None,
    host: str, person: str, project: str,
) -> UsageRow:  # fmt: skip
    return UsageRow(
        (_date(local_day(at)), person, project, host, provider, _model(provider, model), language),
        1, {outcome: 1}, prompt, cached, out, cost or 0.0, int(cost is None), int(bool(is_estimated)),
        times=(wait, first, stream),
    )  # fmt: skip


def _outcome_rows(offers: Sequence[Sequence[Any]], fates: Sequence[Sequence[Any]]) -> list[UsageRow]:
    """Return a row for each kind of outcome, and one for those of `offers` of which `fates` knows nothing more."""
    rest = {(day, provider, language, outcome): n for day, provider, language, outcome, n in offers}
    rows = []
    for day, provider, language, outcome, model, host, person, project, n in fates:
        keys = (_date(day), person, project, host, provider, _model(provider, model), language)
        rows.append(UsageRow(keys, suggestions={outcome: n}))
        rest[day, provider, language, outcome] = rest.get((day, provider, language, outcome), 0) - n
    for (day, provider, language, outcome), n in rest.items():
        if n:
            rows.append(UsageRow((_date(day), None, None, None, provider, None, language), suggestions={outcome: n}))
    return rows


def as_wire(row: UsageRow) -> dict[str, Any]:
    """Return a row as `stats --json` prints it, without times: medians of several machines do not add up."""
    values = asdict(row, filter=lambda attribute, _value: attribute.name not in ("keys", "times"))
    return {**dict(zip(GROUPS, row.keys, strict=True)), **values}


def read_printed(path: Path, days: int, now: float) -> MachineUsage:
    """Return the rows that `stats --json` has printed into a file, of the last `days` days. Raises UnusableError."""
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise UnusableError(f"{path} has more than {MOST_BYTES:,} bytes")
        printed = json.loads(content.decode("utf-8-sig"))
        if isinstance(printed, dict) and printed.get("all", ...) is None and "rows" not in printed:
            return MachineUsage()
        if len(printed["rows"]) > MOST_ROWS:
            raise UnusableError(f"{path} has more than {MOST_ROWS:,} rows")
        rows = [_row_of_wire(row) for row in printed["rows"]]
        machine, made = str(printed.get("machine", ""))[:LONGEST_KEY], float(printed.get("made", 0.0))
    except OSError as error:
        raise UnusableError(f"{path} cannot be read ({error.strerror or error})") from None
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
        raise UnusableError(f"{path} is no output of `fim-language-server stats --json` of this version") from None
    first = _date(local_day(now) - days + 1)
    return MachineUsage(tuple(row for row in rows if (row.keys[0] or "") >= first), machine, made)


def _row_of_wire(raw: Mapping[str, Any]) -> UsageRow:
    keys = tuple(None if raw[name] is None else _text(raw[name]) for name in GROUPS)
    if keys[0] is None:
        raise ValueError("no day")
    dt.date.fromisoformat(keys[0])
    requests, prompt, cached, completion, unpriced, estimated = (_count(raw[name]) for name in _COUNTS)
    return UsageRow(
        keys,
        requests,
        {_text(name): _count(n) for name, n in raw["outcomes"].items()},
        prompt,
        cached,
        completion,
        _dollars(raw["cost_usd"]),
        unpriced,
        estimated,
        {_text(name): _count(n, least=-(10**12)) for name, n in raw["suggestions"].items()},
    )


_COUNTS: Final = ("requests", "prompt_tokens", "cached_tokens", "completion_tokens", "unpriced", "estimated")


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("no text")
    return value[:LONGEST_KEY]


def _count(value: Any, least: int = 0) -> int:
    if type(value) is not int or not least <= value <= 10**18:
        raise ValueError("no count")
    return value


def _dollars(value: Any) -> float:
    if type(value) not in (int, float) or not 0 <= value <= 1e12:
        raise ValueError("no price")
    return float(value)


def _model(provider: str, model: str) -> str:
    return f"{provider} {model}".strip()


def _date(day: int) -> str:
    return (dt.date(1970, 1, 1) + dt.timedelta(days=day)).isoformat()
