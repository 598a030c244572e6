"""Documents that are secrets by their content are known as such at once, and stop being so when the secret is gone."""

from __future__ import annotations

import random

import pytest

from fim_language_server.lsp.documents.open_document import OpenDocument, split_lines
from fim_language_server.lsp.documents.positions import Encoding
from tests.fakes.secrets import pem

KEY = pem(random.Random(1))
ACCOUNT = '{\n  "type": "service_account",\n  "private_key_id": "x"\n}\n'
VAULT = "$ANSIBLE_VAULT;1.1;AES256\n" + "3132" * 20 + "\n"
PUTTY = "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\n"
AGE = "# created: 2026\nAGE-SECRET-KEY-1" + "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L" * 2 + "\n"
CODE = "".join(f"x{n} = {n}\n" for n in range(100))


def opened(text: str) -> OpenDocument:
    return OpenDocument("file:///notes.txt", "plaintext", 1, Encoding.UTF16, "notes.txt", lines=split_lines(text))


@pytest.mark.parametrize("kind", ["RSA PRIVATE KEY", "PRIVATE KEY", "EC PRIVATE KEY", "ENCRYPTED PRIVATE KEY"])
@pytest.mark.parametrize("before", ["", CODE, "key = '''\n"])
def test_a_private_key_anywhere_withholds_the_file(kind: str, before: str) -> None:
    found = opened(before + pem(random.Random(2), kind) + CODE).withheld
    assert found is not None
    assert (found.rule, found.line) == ("private-key", before.count("\n") + 1)


@pytest.mark.parametrize("text", [ACCOUNT, VAULT, PUTTY, AGE, KEY.replace("\n", "\r\n"), f'k = "{KEY!r}"\n'])
def test_other_files_that_are_secrets(text: str) -> None:
    assert opened(text).withheld is not None


@pytest.mark.parametrize(
    "text",
    [
        CODE,
        'HEADER = "-----BEGIN PRIVATE KEY-----"\nFOOTER = "-----END PRIVATE KEY-----"\n',
        "if type == 'service_account':\n    pass\n",
        "-----BEGIN CERTIFICATE-----\nMIIDdzCCAl+gAwIBAgIEAgAAuTANBgkqhkiG9w0BAQUFADBaMQswCQYDVQQGEwJJ\n",
    ],
)
def test_code_that_speaks_of_keys_is_not_withheld(text: str) -> None:
    assert opened(text).withheld is None


def test_a_key_that_is_pasted_withholds_and_one_that_is_deleted_does_not_any_more() -> None:
    document = opened(CODE)
    assert document.withheld is None
    document.replace((50, 0), (50, 0), KEY)
    assert document.withheld is not None
    document.replace((50, 0), (50 + KEY.count("\n"), 0), "")
    assert document.withheld is None


def test_a_key_that_is_typed_character_by_character_withholds() -> None:
    document = opened(CODE)
    line, column, seen = 100, 0, []
    for character in KEY[:150]:
        document.replace((line, column), (line, column), character)
        line, column = (line + 1, 0) if character == "\n" else (line, column + 1)
        seen.append(document.withheld is not None)
    assert seen[-1]
    assert True in seen[: KEY.index("\n") + 20]


def test_typing_in_a_large_document_does_not_judge_all_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    document = opened(CODE * 1_000)
    assert document.withheld is None
    monkeypatch.setattr(
        "fim_language_server.lsp.documents.open_document.reason_to_withhold", lambda _text: pytest.fail("judged")
    )
    for n, character in enumerate("value = compute(1, 2)"):
        document.replace((5_000, n), (5_000, n), character)
        assert document.withheld is None
