"""Two plots as inline SVG: bars by group, and steps of a cumulative share. Pure; no script, font or file from outside.

Colours are classes (`s0`, `s1` …) that the page's style sheet gives, so that light and dark pages both have theirs.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from typing import Final

from attrs import field, frozen

_WIDTH: Final = 640
_HEIGHT: Final = 260
_LEFT: Final = 44
_RIGHT: Final = 12
_TOP: Final = 12
_BOTTOM: Final = 40


@frozen
class Bar:
    """One bar: its height in percent, half the width of its interval, and the series it belongs to."""

    value: float
    margin: float
    series: int


@frozen
class Group:
    """Bars that stand together over a label."""

    label: str
    bars: Sequence[Bar]


@frozen
class Series:
    """Some values of which the cumulative share is drawn."""

    label: str
    values: Sequence[float] = field(repr=False)
    number: int = 0


def bar_plot(title: str, groups: Sequence[Group]) -> str:
    """Return bars from 0 to 100 %, with a line for each interval."""
    parts = [_percent_axis()]
    span = (_WIDTH - _LEFT - _RIGHT) / max(1, len(groups))
    for number, group in enumerate(groups):
        left = _LEFT + number * span
        width = span * 0.8 / max(1, len(group.bars))
        for place, bar in enumerate(group.bars):
            x, y = left + span * 0.1 + (place + 0.05) * width, _y(bar.value)
            parts.append(
                f'<rect class="s{bar.series}" x="{x:.1f}" y="{y:.1f}" width="{width * 0.9:.1f}" '
                f'height="{_y(0) - y:.1f}"><title>{bar.value:.1f} % ± {bar.margin:.1f}</title></rect>'
            )
            middle = x + width * 0.45
            low, high = _y(max(0.0, bar.value - bar.margin)), _y(min(100.0, bar.value + bar.margin))
            parts.append(f'<path class="axis" d="M{middle:.1f} {low:.1f}V{high:.1f}"/>')
            parts.append(_text(middle, min(y, high) - 4, f"{bar.value:.0f}", "middle"))
        parts.append(_text(left + span / 2, _HEIGHT - _BOTTOM + 18, group.label, "middle"))
    return _svg(title, parts)


def cumulative_plot(title: str, unit: str, series: Sequence[Series]) -> str:
    """Return, for each series, the share of its values up to each value, on a logarithmic axis from 0.1 up."""
    known = [max(0.1, value) for curve in series for value in curve.values]
    low = math.floor(math.log10(min(known, default=1.0)))
    high = max(low + 1, math.ceil(math.log10(max(known, default=10.0))))

    def x_of(value: float) -> float:
        share = (math.log10(max(10.0**low, value)) - low) / (high - low)
        return _LEFT + share * (_WIDTH - _LEFT - _RIGHT)

    parts = [_percent_axis()]
    for power in range(low, high + 1):
        x = x_of(10.0**power)
        parts.append(f'<path class="grid" d="M{x:.1f} {_TOP}V{_HEIGHT - _BOTTOM}"/>')
        anchor = "end" if power == high else "middle"
        parts.append(_text(x, _HEIGHT - _BOTTOM + 18, f"{10.0**power:g} {unit}", anchor))
    for curve in series:
        ordered = sorted(curve.values)
        if not ordered:
            continue
        steps = [f"M{x_of(ordered[0]):.1f} {_y(0):.1f}"]
        for number, value in enumerate(ordered, 1):
            steps.append(f"H{x_of(value):.1f}V{_y(100 * number / len(ordered)):.1f}")
        parts.append(
            f'<path class="line s{curve.number}" d="{"".join(steps)}"><title>{escape(curve.label)}</title></path>'
        )
    return _svg(title, parts)


def _svg(title: str, parts: Sequence[str]) -> str:
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{escape(title)}">'
        f"<title>{escape(title)}</title>{''.join(parts)}</svg>"
    )


def _percent_axis() -> str:
    lines = []
    for percent in range(0, 101, 20):
        y = _y(percent)
        lines.append(f'<path class="grid" d="M{_LEFT} {y:.1f}H{_WIDTH - _RIGHT}"/>')
        lines.append(_text(_LEFT - 6, y + 4, f"{percent} %", "end"))
    return "".join(lines)


def _y(percent: float) -> float:
    return _TOP + (1 - percent / 100) * (_HEIGHT - _TOP - _BOTTOM)


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'
