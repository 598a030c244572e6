"""A trivial server as pygls' documentation writes it: what starting costs with nothing of ours."""

from __future__ import annotations

from lsprotocol import types
from pygls.lsp.server import LanguageServer

server = LanguageServer("stock", "1")


@server.feature(types.TEXT_DOCUMENT_INLINE_COMPLETION, types.InlineCompletionOptions())
def complete(params: types.InlineCompletionParams) -> None:
    """Offer nothing."""


if __name__ == "__main__":
    server.start_io()
