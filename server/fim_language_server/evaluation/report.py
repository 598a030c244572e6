"""The figures of an evaluation, for each provider and kind of hole. Pure; docs/eval.md defines each of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from attrs import asdict, field, frozen

from fim_language_server.core.values import Usage
from fim_language_server.evaluation.holes import KINDS
from fim_language_server.evaluation.metrics import margin, percentile, saved_by_tab, saved_by_words, similarity
from fim_language_server.evaluation.records import Answered, Record, Typed
from fim_language_server.usage.record import Price

ALL: Final = "all"
"""The row of all kinds together."""


@frozen
class Times:
    """Median and 95th percentile in ms; None where nothing was measured."""

    p50: float | None
    p95: float | None

    @classmethod
    def of(cls, values: Iterable[float | None]) -> Times:
        """Return those of the values that are known."""
        known = [value for value in values if value is not None]
        return cls(percentile(known, 0.5), percentile(known, 0.95))


@frozen
class Figures:
    """Figures of a set of holes. Shares and similarities in percent, of all holes unless it says otherwise."""

    n: int
    exact: float
    exact_margin: float
    similarity: float
    shown: float
    right_when_shown: float | None
    saved_by_tab: float
    saved_by_words: float
    wait: Times
    first: Times
    total: Times
    prompt_tokens: int
    completion_tokens: int
    tokens_are_estimated: bool
    usd: float | None
    """None where the price is not known."""


@frozen
class TypingFigures:
    """Figures of a set of typed lines. Shares in percent."""

    lines: int
    keystrokes_saved: float
    finished_by_tab: float
    ghosts: int
    accepted_per_ghost: float | None
    requests: int
    prompt_tokens: int
    completion_tokens: int
    usd: float | None


@frozen
class Result:
    """One provider: figures by kind (and `all`), those of typing, and why it was left out before the end, if it was."""

    provider: str
    model: str
    figures: Mapping[str, Figures]
    typing: TypingFigures | None = None
    failure: str = ""
    answers: Sequence[Answered] = field(default=(), repr=False)


@frozen
class EvaluationReport:
    """An evaluation: what was asked, and the results, as the providers were named."""

    setup: Mapping[str, Any]
    holes: int
    results: Sequence[Result]

    @property
    def is_whole(self) -> bool:
        """Was everything answered?"""
        return all(not result.failure and result.figures[ALL].n == self.holes for result in self.results)

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON; the answers themselves are in the record."""
        results = [
            {
                "provider": result.provider,
                "model": result.model,
                "failure": result.failure,
                "kinds": {kind: _rounded(asdict(figures)) for kind, figures in result.figures.items()},
                "typing": None if result.typing is None else _rounded(asdict(result.typing)),
            }
            for result in self.results
        ]
        return {"setup": dict(self.setup), "holes": self.holes, "is_whole": self.is_whole, "results": results}


@frozen
class Side:
    """Facts about a provider in the report, besides its answers."""

    label: str
    model: str
    price: Price | None
    failure: str = ""


def make_report(record: Record, sides: Sequence[Side], holes: int) -> EvaluationReport:
    """Return the report of what was answered so far."""
    return EvaluationReport(record.setup, holes, [_result(record, side) for side in sides])


def _result(record: Record, side: Side) -> Result:
    answers = [answer for answer in record.answers if answer.provider == side.label]
    kinds = [kind for kind in KINDS if any(answer.kind == kind for answer in answers)]
    figures = {
        kind: figures_of([answer for answer in answers if kind in (ALL, answer.kind)], side.price)
        for kind in (*kinds, ALL)
    }
    typed = [line for line in record.typed if line.provider == side.label]
    typing = typing_figures_of(typed, side.price) if typed else None
    return Result(side.label, side.model, figures, typing, side.failure, answers)


def figures_of(answers: Sequence[Answered], price: Price | None) -> Figures:
    """Return the figures of some answers of one provider."""
    n = len(answers)
    shown = [answer for answer in answers if answer.shown]
    characters = sum(len(answer.target) for answer in answers)
    exact = _share(sum(answer.text == answer.target for answer in answers), n)
    prompt = sum(answer.prompt_tokens for answer in answers)
    completion = sum(answer.completion_tokens for answer in answers)
    return Figures(
        n=n,
        exact=exact,
        exact_margin=margin(exact, n),
        similarity=sum(similarity(answer.text, answer.target) for answer in answers) / max(1, n),
        shown=_share(len(shown), n),
        right_when_shown=_share(sum(one.shown == one.target for one in shown), len(shown)) if shown else None,
        saved_by_tab=_share(sum(saved_by_tab(answer.shown, answer.target) for answer in answers), characters),
        saved_by_words=_share(sum(saved_by_words(answer.shown, answer.target) for answer in answers), characters),
        wait=Times.of(answer.waited_ms for answer in answers),
        first=Times.of(answer.first_ms for answer in answers),
        total=Times.of(answer.total_ms for answer in answers),
        prompt_tokens=prompt,
        completion_tokens=completion,
        tokens_are_estimated=any(answer.tokens_are_estimated for answer in answers),
        usd=None if price is None else price.of(Usage(prompt, completion)),
    )


def typing_figures_of(lines: Sequence[Typed], price: Price | None) -> TypingFigures:
    """Return the figures of some lines typed with one provider."""
    ghosts = sum(line.ghosts for line in lines)
    accepted = sum(line.accepted for line in lines)
    characters = sum(line.characters for line in lines)
    prompt = sum(line.prompt_tokens for line in lines)
    completion = sum(line.completion_tokens for line in lines)
    return TypingFigures(
        lines=len(lines),
        keystrokes_saved=_share(characters - sum(line.keys for line in lines), characters),
        finished_by_tab=_share(accepted, len(lines)),
        ghosts=ghosts,
        accepted_per_ghost=_share(accepted, ghosts) if ghosts else None,
        requests=sum(line.requests for line in lines),
        prompt_tokens=prompt,
        completion_tokens=completion,
        usd=None if price is None else price.of(Usage(prompt, completion)),
    )


COST_HEADS: Final = ("first byte", "total", "waited", "tokens in / out", "cost")
TYPING_HEADS: Final = ("keys saved", "lines by Tab", "ghosts", "accepted", "asked", "cost")


def quality_cells(figures: Figures) -> list[str]:
    """Return n and the figures of quality as texts: for a table, whichever draws it. Without answers there are none."""
    if not figures.n:
        return ["0", *["–"] * 6]
    return [
        str(figures.n),
        f"{figures.exact:.1f} ± {figures.exact_margin:.1f}",
        f"{figures.similarity:.1f}",
        f"{figures.shown:.1f}",
        _percent(figures.right_when_shown),
        f"{figures.saved_by_tab:.1f}",
        f"{figures.saved_by_words:.1f}",
    ]


def cost_cells(figures: Figures) -> list[str]:
    """Return the figures under COST_HEADS as texts: times in ms, p50 / p95; "~" marks tokens estimated by size."""
    about = "~" if figures.tokens_are_estimated else ""
    return [
        _both(figures.first),
        _both(figures.total),
        _both(figures.wait),
        f"{about}{figures.prompt_tokens:,} / {about}{figures.completion_tokens:,}",
        money(figures.usd),
    ]


def typing_cells(figures: TypingFigures) -> list[str]:
    """Return the figures under TYPING_HEADS as texts."""
    return [
        f"{figures.keystrokes_saved:.1f}",
        f"{figures.finished_by_tab:.1f}",
        str(figures.ghosts),
        _percent(figures.accepted_per_ghost),
        f"{figures.requests:,}",
        money(figures.usd),
    ]


def money(usd: float | None) -> str:
    """Return an amount as people read it."""
    if usd is None:
        return "unknown"
    return "$0" if usd == 0 else f"${usd:.4f}" if usd < 0.1 else f"${usd:.2f}"


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}"


def _both(times: Times) -> str:
    return f"{_ms(times.p50)} / {_ms(times.p95)}"


def _ms(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}" if 0 < value < 100 else f"{value:,.0f}"


def _share(part: float, whole: float) -> float:
    return 100 * part / whole if whole else 0.0


def _rounded(value: Any) -> Any:
    """Round to what means something: a tenth of a percent or ms, a hundredth of a cent."""
    if isinstance(value, dict):
        return {name: round(each, 4) if name == "usd" and each is not None else _rounded(each)
                for name, each in value.items()}  # fmt: skip
    return round(value, 1) if isinstance(value, float) else value
