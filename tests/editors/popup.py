"""The completion popup in real editors: a text with all that is easily lost, and the files it is typed into."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from attrs import frozen

from tests.editors.provider import ROOT, serve

BEGINNING = "def join(parts):\n    lead = 1\n    "
TYPED = "comb"
SHOWN = 'combined = f"${lead}" + "}\\\\" + "".join(['
REST = """        part for part in parts
    ])
    return combined
"""
END = "# end\n"
FINISHED = BEGINNING + SHOWN + "\n" + REST + END
"""A function whose model's text, behind `comb`, has four lines, two levels of indentation, `$`, `}` and a backslash."""

POPUP = ROOT / "docs" / "popup.md"
OPTIONS = {"shaping": {"multiLine": "always"}}
WORD = "combination_of_another_server"
"""The item of `words_server.py`, which stands beside ours where an editor runs several servers for a file."""
WORDS = str(Path(__file__).with_name("words_server.py"))


@frozen
class PopupFile:
    """A file that lacks what the model says, the settings by which the server finds the model, and the whole text."""

    path: Path
    settings: Mapping[str, Any]
    whole: str
    environment: Mapping[str, str]

    def json(self, **more: Any) -> str:
        """Return the settings, and more of them, as JSON."""
        return json.dumps({**self.settings, **more})

    def text(self) -> str:
        """Return what is on the disk now, without line ends behind the last line."""
        return self.path.read_bytes().decode("utf-8").rstrip("\r\n")


@contextmanager
def unfinished(folder: Path, indent: str = "    ", eol: str = "\n", name: str = "demo.py") -> Iterator[PopupFile]:
    """Serve the model, and give a file with the beginning; `indent` and `eol` are those of the file."""

    def written(text: str) -> str:
        return text.replace("    ", indent).replace("\n", eol)

    path, finished = folder / "work" / name, folder / "finished" / name
    for each in (path, finished):
        each.parent.mkdir(parents=True, exist_ok=True)
    (path.parent / ".git").mkdir(exist_ok=True)
    finished.write_bytes(written(FINISHED).encode("utf-8"))
    path.write_bytes(written(BEGINNING + "\n" + END).encode("utf-8"))
    with serve("--oracle", str(finished), "--first-byte-ms", "100") as provider:
        environment = {"MISTRAL_API_KEY": "test-key", "HOME": str(folder), "XDG_STATE_HOME": str(folder / "state")}
        settings = {**OPTIONS, "provider": {**provider, "fallback": []}}
        yield PopupFile(path, settings, written(FINISHED).rstrip("\r\n"), environment)


__all__ = ["BEGINNING", "POPUP", "REST", "ROOT", "SHOWN", "TYPED", "WORD", "WORDS", "PopupFile", "unfinished"]
