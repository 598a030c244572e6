"""Another language server beside ours: it offers one word at once, as servers for a language do."""

from lsprotocol import types
from pygls.lsp.server import LanguageServer

server = LanguageServer("words", "1")


@server.feature(types.TEXT_DOCUMENT_COMPLETION, types.CompletionOptions())
def complete(params: types.CompletionParams) -> types.CompletionList:
    """Offer the word."""
    word = types.CompletionItem("combination_of_another_server", kind=types.CompletionItemKind.Variable)
    return types.CompletionList(is_incomplete=False, items=[word])


if __name__ == "__main__":
    server.start_io()
