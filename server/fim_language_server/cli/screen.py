"""Display of the demo: a drawing on a terminal, a transcript elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from attrs import define

from fim_language_server.cli.printing import make_console, say
from fim_language_server.evaluation.held_out import HeldOut

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

ABOVE = 6
BELOW = 4


class Screen(Protocol):
    """Where the demo shows what happens."""

    def say(self, text: str) -> None:
        """Print a remark."""
        ...

    def begin(self, region: HeldOut) -> None:
        """Turn to another file."""
        ...

    def draw(self, row: int, column: int, ghost: str) -> None:
        """Show the region typed up to a place, with ghost text there."""
        ...

    def accept(self, row: int, column: int, ghost: str) -> None:
        """Show that the ghost text at a place was accepted."""
        ...

    def finish(self, summary: str) -> None:
        """Show the figures."""
        ...


def make_screen(drawn: bool) -> Screen:
    """Return a drawing screen, or one that prints a transcript."""
    return Drawing() if drawn else _Transcript()


@define
class _Transcript:
    """Prints each line when it is complete; what was accepted stands between « and »."""

    _region: HeldOut | None = None
    _row: int = -1
    _line: str = ""

    def say(self, text: str) -> None:
        say(text)

    def begin(self, region: HeldOut) -> None:
        self._flush()
        self._region = region
        say(f"\n{region.path}, line {len(region.before) + 1}")

    def draw(self, row: int, column: int, ghost: str) -> None:
        assert self._region is not None
        if ghost:
            return
        if row != self._row:
            self._flush()
        self._row, self._line = row, self._region.lines[row][:column]

    def accept(self, row: int, column: int, ghost: str) -> None:
        assert self._region is not None
        if row != self._row:
            self._flush()
        self._row, self._line = row, f"{self._region.lines[row][:column]}«{ghost}»"
        self._flush()

    def finish(self, summary: str) -> None:
        self._flush()
        say(f"\n{summary}")

    def _flush(self) -> None:
        if self._row >= 0:
            say("\n".join(f"  | {part}" for part in self._line.split("\n")))
        self._row = -1


class Drawing:
    """Draws the growing file with the ghost text dimmed, and leaves the finished lines behind."""

    def __init__(self, console: Console | None = None) -> None:
        from rich.live import Live

        self._console = console or make_console()
        self._live = Live(console=self._console, refresh_per_second=30, transient=True)
        self._region: HeldOut | None = None
        self._accepted: dict[int, int] = {}  # row -> column from which it was accepted

    def say(self, text: str) -> None:
        """Print a remark."""
        self._console.print(text, style="dim")

    def begin(self, region: HeldOut) -> None:
        """Turn to another file."""
        self._leave_behind()
        self._region, self._accepted = region, {}
        self._live.start()

    def draw(self, row: int, column: int, ghost: str) -> None:
        """Show the region typed up to a place, with ghost text there."""
        self._live.update(self._picture(row, column, ghost))

    def accept(self, row: int, column: int, ghost: str) -> None:
        """Show that the ghost text at a place was accepted."""
        self._accepted[row] = column
        for more in range(1, ghost.count("\n") + 1):
            self._accepted[row + more] = 0
        self.draw(row + ghost.count("\n"), 10_000, "")

    def finish(self, summary: str) -> None:
        """Show the figures."""
        self._leave_behind()
        self._console.print("\n" + summary)

    def _picture(self, row: int, column: int, ghost: str) -> Text:
        from rich.text import Text

        assert self._region is not None
        region = self._region
        picture = Text(f"{region.path}\n", style="bold")
        for line in region.before[-ABOVE:]:
            picture.append(f"  {line}\n", style="not bold")
        for done in range(row):
            picture.append_text(self._typed(done, len(region.lines[done])))
            picture.append("\n")
        picture.append_text(self._typed(row, column))
        picture.append("▏", style="bold cyan")
        picture.append(ghost.replace("\n", "\n  "), style="not bold dim italic")
        for line in region.after[:BELOW]:
            picture.append(f"\n  {line}", style="not bold")
        picture.append("\n")
        return picture

    def _typed(self, row: int, column: int) -> Text:
        from rich.text import Text

        assert self._region is not None
        line = self._region.lines[row][:column]
        start = self._accepted.get(row, len(line))
        return Text.assemble(("  " + line[:start], "not bold"), (line[start:], "not bold green"))

    def _leave_behind(self) -> None:
        """Print the finished region; what was accepted is green."""
        self._live.stop()
        if self._region is None:
            return
        self._console.print(f"{self._region.path}, line {len(self._region.before) + 1}", style="bold")
        for row, line in enumerate(self._region.lines):
            self._console.print(self._typed(row, len(line)))
