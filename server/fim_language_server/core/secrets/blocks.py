"""Secrets that span lines (private keys, Kubernetes secrets, folded values), and files that are secrets as a whole."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from fim_language_server.core.secrets.values import entropy
from fim_language_server.core.values import Withheld

_BEGIN: Final = re.compile(r"-----BEGIN ((?:[A-Z0-9]{1,20} ){0,5}PRIVATE KEY(?: BLOCK)?)-----")
_END: Final = "-----END "
_LONGEST_KEY: Final = 20_000
"""Code points of the longest private key; RSA with 16,384 bits has 13,000."""


_FILES: Final = (
    (
        "private-key",
        "private key",
        "PRIVATE KEY",
        re.compile(
            r"-----BEGIN (?:[A-Z0-9]{1,20} ){0,5}PRIVATE KEY(?: BLOCK)?-----"
            r"(?:(?:\\[nr]|\s){1,40}(?![\"'`\s\\)\-.<${\[*]|[xX]{3}|(?i:your|base64))|\s{0,40}\Z"
            r"|(?:\\[nr]|[\s\"'`+,;:\\]){0,40}(?:[A-Za-z0-9+/=]{16}|(?:Proc-Type|Version|Comment|DEK-Info|Hash):))"
        ),
    ),
    ("putty-key", "PuTTY private key", "PuTTY-User-Key-File-", re.compile(r"^PuTTY-User-Key-File-\d", re.MULTILINE)),
    ("ansible-vault", "Ansible vault", "$ANSIBLE_VAULT;", re.compile(r"\A\s{0,20}\$ANSIBLE_VAULT;")),
    ("age-key", "secret key of age", "AGE-SECRET-KEY-1", re.compile(r"^AGE-SECRET-KEY-1[A-Z0-9]{40}", re.MULTILINE)),
    (
        "service-account",
        "service account of Google",
        "service_account",
        re.compile(r'"type"[ \t]{0,9}:[ \t]{0,9}"service_account"'),
    ),
    (
        "aws-credentials",
        "AWS credentials file",
        "aws_secret_access_key",
        re.compile(r"^[ \t]{0,9}aws_secret_access_key[ \t]{0,9}=[ \t]{0,9}[^\s\"'$<{(]{8}", re.MULTILINE),
    ),
    ("sops", "file encrypted by SOPS", "ENC[AES256_GCM,", re.compile(r"ENC\[AES256_GCM,data:")),
    (
        "kubeconfig",
        "kubeconfig",
        "client-key-data",
        re.compile(r"^[ \t-]{0,12}client-key-data:[ \t]{0,4}[A-Za-z0-9+/=]{16}", re.MULTILINE),
    ),
    (
        "encrypted-file",
        "encrypted file",
        "-----BEGIN ",
        re.compile(r"\A\s{0,20}-----BEGIN (?:AGE ENCRYPTED FILE|PGP MESSAGE)-----"),
    ),
)
"""Files: rule, description, a word that such a file has, and the expression that says so."""

RULES: Final = {rule: description for rule, description, _, _ in _FILES}


def reason_to_withhold(text: str) -> Withheld | None:
    """Return why a file with this text is a secret as a whole, or None where it is not.

    Such a file is neither completed nor sent nor indexed. A private key anywhere in it is enough.
    """
    for rule, description, word, expression in _FILES:
        if word in text and (found := expression.search(text)) is not None:
            return Withheld(rule, description, text.count("\n", 0, found.start()) + 1)
    return None


def may_withhold(text: str) -> bool:
    """Say whether a piece of a text has a word by which files are withheld, so that all of the text is to be judged."""
    return any(word in text for _, _, word, _ in _FILES)


def find_blocks(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield (start, end, rule) of the secrets that span lines."""
    if "-----" in text:
        yield from _private_keys(text)
    if "Secret" in text and "kind" in text:
        yield from _kubernetes_secrets(text)
    if "PuTTY-User-Key-File-" in text or "Private-Lines:" in text:
        yield from ((found.start(1), found.end(1), "putty-key") for found in _PUTTY.finditer(text))
    if "$ANSIBLE_VAULT;" in text:
        yield from ((found.start(1), found.end(1), "ansible-vault") for found in _VAULT.finditer(text))


_PUTTY: Final = re.compile(r"(?m)^Private-Lines: \d{1,4}\n((?:[A-Za-z0-9+/=]{1,80}\n?){1,200})")
_VAULT: Final = re.compile(r"\$ANSIBLE_VAULT;[^\n]{0,60}\n((?:[ \t]{0,40}[0-9a-f]{10,90}\n?){1,4000})")


def _private_keys(text: str) -> Iterator[tuple[int, int, str]]:
    at = 0
    while (found := _BEGIN.search(text, at)) is not None:
        end = text.find(_END, found.end(), found.end() + _LONGEST_KEY)
        # Without an end it is cut by the window: all that can belong to it counts.
        at = end if end >= 0 else _end_of_body(text, found.end())
        if entropy(text[found.end() : at].strip()) > 3:
            yield found.end(), at, "private-key"
    for mark in re.finditer(r"-----END (?:[A-Z0-9]{1,20} ){0,5}PRIVATE KEY(?: BLOCK)?-----", text):
        if _BEGIN.search(text, max(0, mark.start() - _LONGEST_KEY), mark.start()) is None:
            start = _start_of_body(text, mark.start())
            if entropy(text[start : mark.start()]) > 3:
                yield start, mark.start(), "private-key"


_BODY_LINE: Final = re.compile(
    r"^[ \t\"'+]{0,40}(?:[A-Za-z0-9+/=]{1,100}|(?:Proc-Type|DEK-Info|Version|Comment)[^\n]{0,100}|)"
    r"(?:\\[nr]|[\"'\s+,\\;)]){0,12}$"
)


def _end_of_body(text: str, start: int) -> int:
    """Return where the lines end that can be a key's, from `start` on."""
    at = start
    while at < len(text) and at - start < _LONGEST_KEY:
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        if not _BODY_LINE.match(text[at : min(end, at + 300)]) and len(text[at:end]) < 200:
            break
        at = end + 1
    return min(max(at - 1, start), len(text))


def _start_of_body(text: str, end: int) -> int:
    """Return where the lines begin that can be a key's, up to `end`."""
    at = end
    while at > 0 and end - at < _LONGEST_KEY:
        start = text.rfind("\n", 0, at - 1) + 1 if at > 1 else 0
        line = text[start:at].rstrip("\n")
        if line and not _BODY_LINE.match(line[-300:]):
            break
        at = start
    return at


_KIND: Final = re.compile(
    r"(?mi)^[ \t-]{0,12}[\"']?kind[\"']?[ \t]{0,4}:[ \t]{0,4}[\"']?(?:Sealed)?Secret[\"']?,?[ \t]*$"
)
_DATA: Final = re.compile(r"(?m)^([ \t]{0,12})[\"']?(?:data|stringData)[\"']?[ \t]{0,4}:[ \t]{0,4}\{?[ \t]*$")
_ENTRY: Final = re.compile(
    r"^([ \t]{1,24})[\"']?[\w.-]{1,100}[\"']?[ \t]{0,4}:[ \t]{1,4}[\"']?([^\s\"'|>{][^\n\"']{0,4000}?)[\"']?,?[ \t]*$"
)


def _kubernetes_secrets(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield the values of Kubernetes secrets: entries of `data` and `stringData` in a document of kind Secret."""
    for kind in _KIND.finditer(text):
        before, after = text.rfind("\n---", 0, kind.start()) + 1, text.find("\n---", kind.end())
        document_end = len(text) if after < 0 else after
        for data in _DATA.finditer(text, before, document_end):
            at, depth = data.end() + 1, len(data[1])
            while at < document_end:
                end = text.find("\n", at, document_end)
                end = document_end if end < 0 else end
                entry = text[at:end]
                if entry.strip() and len(entry) - len(entry.lstrip()) <= depth:
                    break
                if (found := _ENTRY.match(entry)) and "{{" not in found[2] and not found[2].startswith("$"):
                    yield at + found.start(2), at + found.end(2), "kubernetes-secret"
                elif re.match(r"[ \t]{2,40}[A-Za-z0-9+/]{16,}={0,2}$", entry):
                    yield at + len(entry) - len(entry.lstrip()), end, "kubernetes-secret"
                at = end + 1
