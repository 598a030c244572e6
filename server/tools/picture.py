"""Make docs/demo.svg: one moment of the demo, and its summary.

    python server/tools/picture.py [--seed N]

The moment is the one with the longest ghost text that was right. Nothing in the picture is drawn by hand.
"""

from __future__ import annotations

import argparse
import io
import re
import tempfile
from pathlib import Path

from rich.console import Console
from rich.text import Text

from fim_language_server.cli import demo, screen
from fim_language_server.evaluation.held_out import HeldOut, hold_out

ROOT = Path(__file__).parent.parent.parent


class Photographer(screen.Drawing):
    """A drawing of which nothing is seen but the best moment."""

    def __init__(self) -> None:
        super().__init__(Console(file=io.StringIO(), width=100))
        self.best = Text()
        self.summary = ""
        self._longest = 0

    def draw(self, row: int, column: int, ghost: str) -> None:
        """Keep the picture if its ghost text is right and the longest so far."""
        region = self._region
        if ghost and isinstance(region, HeldOut):
            rest = "\n".join([region.lines[row][column:], *region.lines[row + 1 :]])
            if rest.startswith(ghost) and len(ghost) > self._longest:
                self._longest, self.best = len(ghost), self._picture(row, column, ghost)

    def finish(self, summary: str) -> None:
        """Keep the figures."""
        self.summary = summary


def main() -> None:
    """Run the demo and write the picture."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=7)
    arguments = parser.parse_args()
    files = demo.read_project(demo.own_project())
    photographer = Photographer()
    with tempfile.TemporaryDirectory(prefix="fim-demo-") as copy:
        chosen = hold_out(files, regions=demo.REGIONS, lines=demo.LINES, seed=arguments.seed)
        demo.play(Path(copy), files, chosen, photographer, 0.0)
    console = Console(file=io.StringIO(), record=True, width=100, highlight=False)
    console.print("$ make demo", style="bold")
    console.print(photographer.best)
    console.print(photographer.summary)
    svg = console.export_svg(title="fim-language-server: no key, no network")
    # The fonts of the reader's system will do: a picture in a README loads nothing from elsewhere.
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL).replace("Fira Code, ", "")
    (ROOT / "docs" / "demo.svg").write_text(svg, encoding="utf-8")
    print(photographer.summary)


if __name__ == "__main__":
    main()
