"""Make docs/demo.svg: the demo as a moving picture, key by key, and its summary.

    python server/tools/picture.py [--seed N] [--regions N]

The moments are those of the first lines that the demo types; nothing in the picture is drawn by hand. It moves by the
style sheet in it, so that it also moves where a README shows it as an image.
"""

from __future__ import annotations

import argparse
import io
import re
import tempfile
from pathlib import Path

from attrs import frozen
from rich.console import Console
from rich.text import Text

from fim_language_server.cli import demo, screen
from fim_language_server.evaluation.held_out import HeldOut, hold_out

ROOT = Path(__file__).parent.parent.parent
WIDTH, HEIGHT = 96, 15
"""Columns and lines of the picture."""
KEY_S, ACCEPT_S, SUMMARY_S = 0.07, 1.1, 4.0
"""Seconds for which a typed key, an accepted text, and the summary are shown."""
TITLE = "fim-language-server: no key, no network"


@frozen
class Frame:
    """One moment, and the seconds for which it is shown."""

    picture: Text
    seconds: float


class Photographer(screen.Drawing):
    """A drawing that keeps the moments of the first regions, and the summary of all."""

    def __init__(self, regions: int) -> None:
        super().__init__(Console(file=io.StringIO(), width=WIDTH))
        self.frames: list[Frame] = []
        self.summary = ""
        self._regions_left = regions + 1

    def begin(self, region: HeldOut) -> None:
        """Turn to another file, and count it."""
        self._regions_left -= 1
        super().begin(region)

    def draw(self, row: int, column: int, ghost: str) -> None:
        """Keep the moment; ghost text that differs from the moment before is shown longer, so that it can be read."""
        if self._regions_left > 0:
            is_new = bool(ghost) and not (self.frames and ghost in self.frames[-1].picture.plain)
            self.frames.append(
                Frame(self._picture(row, column, ghost), ACCEPT_S if is_new or column > WIDTH else KEY_S)
            )

    def finish(self, summary: str) -> None:
        """Keep the figures."""
        self.summary = summary


def moving_svg(frames: list[Frame]) -> str:
    """Return one SVG that shows each frame for its seconds, one after the other, for ever."""
    total, began = sum(frame.seconds for frame in frames), 0.0
    styles, bodies, first = [], [], ""
    for n, frame in enumerate(frames):
        svg = _svg_of(frame.picture, f"f{n}")
        first = first or svg
        styles.append("".join(re.findall(rf"\s*\.f{n}-r\d+ \{{[^}}]*\}}", svg)))
        found = re.search(rf'<g class="f{n}-matrix">(.*?)</g>\s*</g>\s*</svg>', svg, re.DOTALL)
        assert found, "rich draws its pictures in another way"
        # Each line's clip path belongs to the first frame; all have the same lines.
        body = re.sub(rf"url\(#f{n}-", "url(#f0-", found[1])
        start, end = 100 * began / total, 100 * (began + frame.seconds) / total
        styles.append(
            f"@keyframes k{n} {{ 0%, {start:.3f}% {{ visibility: hidden }} {start:.3f}%, {end:.3f}% "
            f"{{ visibility: visible }} {end:.3f}%, 100% {{ visibility: hidden }} }}"
            f" .k{n} {{ visibility: hidden; animation: k{n} {total:.2f}s step-end infinite }}"
        )
        bodies.append(f'<g class="k{n}">{body}</g>')
        began += frame.seconds
    svg = re.sub(
        r'(<g class="f0-matrix">).*?(</g>\s*</g>\s*</svg>)',
        lambda m: m[1] + "".join(bodies) + m[2],
        first,
        flags=re.DOTALL,
    )
    return svg.replace("</style>", "".join(styles) + "</style>", 1)


def _svg_of(picture: Text, name: str) -> str:
    """Return the picture of one frame, filled up to `HEIGHT` lines, with `name` before its classes."""
    console = Console(file=io.StringIO(), record=True, width=WIDTH, highlight=False)
    console.print("$ make demo", style="bold")
    console.print(picture, end="")
    console.print("\n" * max(0, HEIGHT - picture.plain.count("\n") - 2))
    svg = console.export_svg(title=TITLE, unique_id=name)
    # The fonts of the reader's system will do: a picture in a README loads nothing from elsewhere.
    return re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL).replace("Fira Code, ", "")


def main() -> None:
    """Run the demo and write the picture."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--regions", type=int, default=4, help="lines whose typing is shown")
    arguments = parser.parse_args()
    files = demo.read_project(demo.sample_project())
    photographer = Photographer(arguments.regions)
    with tempfile.TemporaryDirectory(prefix="fim-demo-") as copy:
        chosen = hold_out(files, regions=demo.REGIONS, lines=demo.LINES, seed=arguments.seed)
        demo.play(Path(copy), files, chosen, photographer, 0.0)
    frames = [*photographer.frames, Frame(Text("\n" + photographer.summary + "\n"), SUMMARY_S)]
    (ROOT / "docs" / "demo.svg").write_text(moving_svg(frames), encoding="utf-8")
    print(photographer.summary)


if __name__ == "__main__":
    main()
