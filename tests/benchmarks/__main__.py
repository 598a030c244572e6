"""`make bench`: the keystroke path, and a typing session with the editors' ways of asking. Prints JSON."""

from __future__ import annotations

import asyncio
import json
import os
import platform
from pathlib import Path

import fim_language_server
from tests.benchmarks import hang_up, keystroke, typing_session

FILES = Path(fim_language_server.__file__).parent / "engine"


async def main() -> None:
    """Run all measurements, one after the other."""
    files = {path.name: path.read_text(encoding="utf-8") for path in sorted(FILES.glob("*.py"))}
    figures = {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        "keystroke": await keystroke.measure(),
        "hang-up": await hang_up.measure(),
    }
    for client in typing_session.ASK_AFTER_S:
        figures[f"typing session, {client} client"] = await typing_session.run_session(
            files, client, miss=0.08, seed=1, regions=2, lines=6
        )
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    asyncio.run(main())
