"""The lines outside a piece of a document without which its secrets could not be told: those that open its blocks.

A value of a Kubernetes secret is known by `data:` above it and by the document's kind, which stand any number of lines
away. Both are looked up by indentation, without a rule being tried, so that a piece costs well below a millisecond.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from fim_language_server.core.secrets.blocks import opens_kubernetes_values, says_kubernetes_secret

MOST_LINES: Final = 4_000
"""Lines of a document that are looked at on either side of a piece."""
NEAREST: Final = 8
"""Lines above a piece that are judged with it: a name may stand some lines above its value."""
_LONGEST: Final = 400
"""Code points of a line above a piece that are judged with it, from its end."""
_QUICKLY_JOINED: Final = 400_000
"""Code points that are searched as one text before any line is looked at by itself."""
_BLANKS: Final = re.compile(r"[ \t]*")


def lines_above(lines: Sequence[str], first: int, nearest: int = NEAREST) -> str:
    r"""Return the text by which a piece that begins at the line `first` is judged: with `\n` at its end, or empty.

    It has the kind of the piece's Kubernetes object, where that is a secret, the lines that open the blocks in which
    the piece begins, and the last `nearest` lines above it.
    """
    near = max(0, first - nearest)
    opening = _opening(lines, near) if near else []
    is_secret = bool(near) and _is_secret(lines[max(0, near - MOST_LINES) : near][::-1])
    kept = ["kind: Secret", *opening] if is_secret else opening if any(map(opens_kubernetes_values, opening)) else []
    kept += [line.rstrip("\r\n")[-_LONGEST:] for line in lines[near:first]]
    return "".join(f"{line}\n" for line in kept)


def lines_below(lines: Sequence[str], end: int) -> str:
    r"""Return the text by which a piece that ends before the line `end` is judged: its Kubernetes kind, or empty."""
    return "\nkind: Secret\n" if _is_secret(lines[end : end + MOST_LINES]) else ""


def _opening(lines: Sequence[str], first: int) -> list[str]:
    """Return the lines above `first` that are indented less than all between, the outermost first."""
    indentation = next((_indentation(line) for line in lines[first : first + 50] if line.strip()), "")
    found: list[str] = []
    for line in reversed(lines[max(0, first - MOST_LINES) : first]):
        if not indentation or line.startswith("---"):
            break
        if line.startswith(indentation):
            continue
        if len(own := _indentation(line)) < len(indentation) and line[len(own) :].strip():
            found.append(line[:_LONGEST].rstrip())
            indentation = own
    return found[::-1]


def _indentation(line: str) -> str:
    found = _BLANKS.match(line)
    return found[0] if found else ""


def _is_secret(lines: Sequence[str]) -> bool:
    """Say whether the lines up to the next `---` have the kind of a Kubernetes secret among them."""
    if sum(map(len, lines)) < _QUICKLY_JOINED:
        joined = "".join(lines)
        if "ecret" not in joined or "ind" not in joined:
            return False
    for line in lines:
        if line.startswith("---"):
            return False
        if len(line) < _LONGEST and "ecret" in line and says_kubernetes_secret(line):
            return True
    return False
