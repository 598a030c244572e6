"""Secrets that span lines (private keys, Kubernetes secrets, folded values), and files that are secrets as a whole."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from fim_language_server.core.secrets.values import entropy
from fim_language_server.core.values import Withheld

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


_MARK: Final = re.compile(r"-----(?:(BEGIN)|END) (?:[A-Z0-9]{1,20} ){0,5}PRIVATE KEY(?: BLOCK)?-----")


def _private_keys(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield the bodies of private keys. A body ends at the next mark, so that each part of a text is read once."""
    marks = [*_MARK.finditer(text)]
    for at, mark in enumerate(marks):
        before = marks[at - 1].end() if at else 0
        after = marks[at + 1].start() if at + 1 < len(marks) else len(text)
        if mark[1]:
            limit = min(after, mark.end() + _LONGEST_KEY)
            end = text.find(_END, mark.end(), limit)
            if end < 0 and limit == after < len(text) and not marks[at + 1][1]:
                end = after
            # Without an end it is cut by the window: all that can belong to it counts.
            start, end = mark.end(), end if end >= 0 else _end_of_body(text, mark.end(), limit)
        elif at and marks[at - 1][1] and mark.start() - before < _LONGEST_KEY:
            continue  # Its body is that of the mark before.
        else:
            start, end = _start_of_body(text, max(before, mark.start() - _LONGEST_KEY), mark.start()), mark.start()
        if entropy(text[start:end].strip()) > 3:
            yield start, end, "private-key"


_BODY_LINE: Final = re.compile(
    r"^[ \t\"'+]{0,40}(?:[A-Za-z0-9+/=]{1,100}|(?:Proc-Type|DEK-Info|Version|Comment)[^\n]{0,100}|)"
    r"(?:\\[nr]|[\"'\s+,\\;)]){0,12}$"
)


def _end_of_body(text: str, start: int, limit: int) -> int:
    """Return where the lines end that can be a key's, from `start` on and up to `limit`."""
    at = start
    while at < limit:
        end = text.find("\n", at, limit)
        end = limit if end < 0 else end
        if end - at < 200 and not _BODY_LINE.match(text[at:end]):
            break
        at = end + 1
    return min(max(at - 1, start), limit)


def _start_of_body(text: str, limit: int, end: int) -> int:
    """Return where the lines begin that can be a key's, up to `end` and not before `limit`."""
    at = end
    while at > limit:
        start = max(limit, text.rfind("\n", limit, at - 1) + 1)
        line = text[max(start, at - 301) : at].rstrip("\n")
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


_FOLDED: Final = re.compile(r"[ \t]{2,40}[A-Za-z0-9+/]{16,}={0,2}$")


def says_kubernetes_secret(line: str) -> bool:
    """Say whether a line gives the kind of a Kubernetes secret."""
    return _KIND.match(line.rstrip("\r\n")) is not None


def opens_kubernetes_values(line: str) -> bool:
    """Say whether the values of a Kubernetes object begin below a line: `data:` or `stringData:`."""
    return _DATA.match(line.rstrip("\r\n")) is not None


def _kubernetes_secrets(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield the values of Kubernetes secrets: entries of `data` and `stringData` in a document of kind Secret.

    The kind may stand above or below the values. Each line is read once for its kind and once for its value.
    """
    at = 0
    while at < len(text):
        end = text.find("\n---", at)
        end = len(text) if end < 0 else end
        if _KIND.search(text, at, end) is not None:
            yield from _entries(text, at, end)
        at = end + 1


def _entries(text: str, start: int, end: int) -> Iterator[tuple[int, int, str]]:
    depth = -1  # the indentation of the `data` that is being read; -1: of none
    for line in text[start:end].split("\n"):
        bare = line.lstrip()
        indentation = len(line) - len(bare)
        if bare and indentation <= depth:
            depth = -1
        if depth < 0:
            depth = len(data[1]) if (data := _DATA.match(line)) is not None else -1
        elif (found := _ENTRY.match(line)) is not None and "{{" not in found[2] and not found[2].startswith("$"):
            yield start + found.start(2), start + found.end(2), "kubernetes-secret"
        elif _FOLDED.match(line):
            yield start + indentation, start + len(line), "kubernetes-secret"
        start += len(line) + 1
