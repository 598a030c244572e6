"""What clients send beyond, and short of, the specification is read where it makes sense."""

from typing import Any

import pytest
from lsprotocol import types

from fim_language_server.lsp.wire.fields import GREATEST, InvalidParams
from fim_language_server.lsp.wire.parameters import read_params

POSITION = {"line": 1, "character": 2}


def document(**more: Any) -> dict[str, Any]:
    return {"uri": "file:///a", **more}


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (POSITION, types.Position(1, 2)),
        ({"line": 1.0, "character": 2.0, "extra": None}, types.Position(1, 2)),
        ({"line": 2**31, "character": 1.7976931348623157e308}, types.Position(GREATEST, GREATEST)),
    ],
)
def test_positions(raw: Any, expected: types.Position) -> None:
    params = {"textDocument": document(version=3), "position": raw}
    assert read_params("textDocument/inlineCompletion", params).position == expected


@pytest.mark.parametrize(
    ("version", "expected"), [(3, 3), (None, 0), ("3", 0), (10**13, GREATEST), (-(10**13), -GREATEST)]
)
def test_versions(version: Any, expected: int) -> None:
    params = {"textDocument": document(version=version), "contentChanges": [{"text": "x", "rangeLength": 4}]}
    change = read_params("textDocument/didChange", params)
    assert change.text_document.version == expected
    assert change.content_changes == [types.TextDocumentContentChangeWholeDocument("x")]
    opened = read_params("textDocument/didOpen", {"textDocument": document(version=version, text="", languageId=None)})
    assert (opened.text_document.version, opened.text_document.language_id) == (expected, "")


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("textDocument/didChange", {"textDocument": document(version=1), "contentChanges": {}}),
        ("textDocument/didChange", {"textDocument": document(version=1), "contentChanges": [{"range": None}]}),
        ("textDocument/didChange", {"textDocument": document(version=1), "contentChanges": [{"range": 4, "text": ""}]}),
        ("textDocument/didOpen", {"textDocument": document(version=1)}),
        ("textDocument/didClose", {"textDocument": None}),
        ("workspace/didChangeWatchedFiles", {"changes": [{"uri": "file:///a", "type": 99}]}),
        ("workspace/executeCommand", None),
    ],
)
def test_invalid_params(method: str, params: Any) -> None:
    with pytest.raises(InvalidParams) as error:
        read_params(method, params)
    assert "file:///a" not in str(error.value), "values are not quoted"


def test_parameters_of_unknown_methods_are_left_alone() -> None:
    assert read_params("$/private", [1]) == [1]
