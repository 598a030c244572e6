"""A hook of mkdocs: links out of docs/ lead to the project's repository, and the site's pages to each other.

In the repository a page links to `../ARCHITECTURE.md` or to a source file; the site has neither.
https://www.mkdocs.org/user-guide/configuration/#hooks
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parents[2] / "docs"
_LINK = re.compile(r"\]\((?P<path>\.\./[^)#\s]*)(?P<anchor>#[^)\s]*)?\)")


def on_page_markdown(markdown: str, *, page: Any, config: Any, **_: Any) -> str:
    """Return a page's text with the links that leave docs/ turned into links to the repository."""
    folder = (DOCS / page.file.src_path).parent

    def outward(match: re.Match[str]) -> str:
        target = (folder / match["path"]).resolve()
        if target.is_relative_to(DOCS.resolve()):
            return match[0]
        if not target.exists():
            return match[0]  # mkdocs reports it
        kind = "tree" if target.is_dir() else "blob"
        inside = target.relative_to(DOCS.parent.resolve()).as_posix()
        return f"]({config['repo_url']}/{kind}/main/{inside}{match['anchor'] or ''})"

    return _LINK.sub(outward, markdown)
