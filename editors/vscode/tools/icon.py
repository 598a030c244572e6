"""Draw the extension's icon, media/icon.png: a line of code, the cursor, and its ghost text. Standard library only.

python editors/vscode/tools/icon.py
"""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

SIZE = 128
SAMPLES = 4  # a side: smooth edges
Colour = tuple[int, int, int, int]
Bar = tuple[float, float, float, float, float, Colour]  # left, top, right, bottom, radius, colour

INK: Colour = (0xE6, 0xE9, 0xF0, 255)
BLUE: Colour = (0x7A, 0xA2, 0xF7, 255)
CURSOR: Colour = (0xFF, 0xB4, 0x54, 255)
GHOST: Colour = (0x8A, 0x93, 0xA8, 130)

BARS: tuple[Bar, ...] = (
    (0, 0, 128, 128, 26, (0x1B, 0x1F, 0x2A, 255)),
    (22, 28, 56, 38, 5, BLUE),
    (62, 28, 92, 38, 5, INK),
    (34, 59, 60, 69, 5, INK),
    (65, 50, 69, 78, 2, CURSOR),
    (75, 59, 108, 69, 5, GHOST),
    (34, 90, 52, 100, 5, GHOST),
    (58, 90, 92, 100, 5, GHOST),
)


def cover(bar: Bar, x: float, y: float) -> bool:
    """Is the point inside the bar with its rounded corners?"""
    left, top, right, bottom, radius, _ = bar
    dx = max(left + radius - x, x - (right - radius), 0)
    dy = max(top + radius - y, y - (bottom - radius), 0)
    return left <= x <= right and top <= y <= bottom and dx * dx + dy * dy <= radius * radius


def pixel(column: int, row: int) -> bytes:
    """Return one pixel as RGBA."""
    red = green = blue = alpha = 0.0
    offsets = [(n + 0.5) / SAMPLES for n in range(SAMPLES)]
    for bar in BARS:
        share = sum(cover(bar, column + dx, row + dy) for dx in offsets for dy in offsets) / SAMPLES**2
        over = share * bar[5][3] / 255
        red, green, blue = (old * (1 - over) + new * over for old, new in zip((red, green, blue), bar[5], strict=False))
        alpha = alpha * (1 - over) + over
    straight = [round(value / alpha) if alpha else 0 for value in (red, green, blue)]
    return bytes([*straight, round(alpha * 255)])


def png(rows: list[bytes]) -> bytes:
    """Return a PNG file (RFC 2083) of rows of RGBA pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", SIZE, SIZE, 8, 6, 0, 0, 0)
    data = zlib.compress(b"".join(b"\0" + row for row in rows), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


if __name__ == "__main__":
    picture = png([b"".join(pixel(column, row) for column in range(SIZE)) for row in range(SIZE)])
    (Path(__file__).parent.parent / "media" / "icon.png").write_bytes(picture)
