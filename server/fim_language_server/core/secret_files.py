"""Which files hold secrets, by name and by their first characters: they are never completed, indexed or sent.

Two tables and two questions over them. What else may not be read (`trigger.exclude`, `.gitignore`) is decided
elsewhere. A name is judged as every platform would: case does not count, slash and backslash both separate.

A wrong "no" leaks a key, a wrong "yes" costs the ghost text of one file. So the tables lean to "yes" where a
name is used for secrets by convention, and stay at "no" for source files that speak of them (`keys.ts`,
`environment.py`, `secrets.go`).
"""

from __future__ import annotations

import re
from fnmatch import translate
from typing import Final

_SECRET_NAMES: Final = (
    # Environment files: dotenv, direnv, and the "prod.env" of docker compose.
    ".env",
    ".env.*",
    "*.env",
    ".envrc",
    ".dev.vars",
    # Private keys and key stores. A *.pem may be a public certificate, but its name does not tell.
    "id_rsa",
    "id_dsa",
    "id_ecdsa",
    "id_ed25519",
    "id_ecdsa_sk",
    "id_ed25519_sk",
    "*.pem",
    "*.key",
    "*.p8",
    "*.p12",
    "*.pfx",
    "*.pkcs12",
    "*.jks",
    "*.keystore",
    "*.kdb",
    "*.kdbx",
    "*.ppk",
    "*.gpg",
    "*.age",
    "wallet.dat",
    # What command-line clients keep passwords and tokens in.
    ".netrc",
    "_netrc",
    ".authinfo",
    ".pgpass",
    "pgpass.conf",
    ".my.cnf",
    ".npmrc",
    ".yarnrc.yml",
    ".pypirc",
    ".git-credentials",
    ".htpasswd",
    ".htdigest",
    ".s3cfg",
    ".boto",
    ".dockercfg",
    ".vault-token",
    ".vault_pass",
    ".vault_pass.txt",
    "credentials",
    "credentials.json",
    "credentials.toml",
    "credentials.y*ml",
    "credentials.xml",
    "credentials.tfrc.json",
    "client_secret*.json",
    "application_default_credentials.json",
    "service-account*.json",
    "service_account*.json",
    "serviceaccount*.json",
    "kubeconfig",
    "*.kubeconfig",
    "master.key",
    ".terraformrc",
    "terraform.rc",
    # Files whose convention is to hold secrets.
    "secret.json",
    "secret.toml",
    "secret.y*ml",
    "secrets.json",
    "secrets.toml",
    "secrets.y*ml",
    "secrets.ini",
    "secrets.*.y*ml",
    "*.secrets",
    "*.tfvars",
    "*.tfvars.json",
    "*.tfstate",
    "*.tfstate.backup",
)
"""Patterns of a file's name, in lower case."""

_SECRET_PLACES: Final = (
    ".aws/*",
    ".azure/*",
    ".config/gcloud/*",
    ".docker/config.json",
    ".gnupg/*",
    ".kube/config",
    ".kube/cache/*",
    ".ssh/*",
    ".cargo/credentials*",
    ".gem/credentials",
    ".config/gh/hosts.yml",
    ".config/hub",
    ".streamlit/secrets.toml",
)
"""Patterns of the last parts of a path, in lower case, for names that are harmless elsewhere."""

_HARMLESS_NAMES: Final = (
    # What a project commits so that others know which variables there are.
    ".env.example",
    ".env.*.example",
    ".env.sample",
    ".env.*.sample",
    ".env.template",
    ".env.*.template",
    ".env.dist",
    ".env.defaults",
    "example.env",
    "sample.env",
    "template.env",
    "*.example.tfvars",
    "*.tfvars.example",
    "known_hosts",
    "authorized_keys",
)
"""Patterns of names that one of the tables above catches by mistake."""


def _any_of(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(translate(pattern) for pattern in patterns))


_NAMES: Final = _any_of(_SECRET_NAMES)
_PLACES: Final = _any_of(tuple(f"*/{place}" for place in _SECRET_PLACES))
_HARMLESS: Final = _any_of(_HARMLESS_NAMES)

_SECRET_HEAD: Final = re.compile(
    r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----"  # PEM (RFC 7468), OpenSSH and OpenPGP armour
    r"|^PuTTY-User-Key-File-\d"
    r"|^AGE-SECRET-KEY-1"
    r"|^\$ANSIBLE_VAULT;"
    r'|"type"\s*:\s*"service_account"'  # a Google service account's key file
    r"|^aws_secret_access_key\s*=",
    re.MULTILINE,
)

_SECRET_HINTS: Final = (
    "PRIVATE KEY",
    "PuTTY-User-Key-File",
    "AGE-SECRET-KEY",
    "$ANSIBLE_VAULT",
    "service_account",
    "aws_secret_access_key",
)
"""One for each alternative above: looked for first, because nearly every file has none."""


def is_secret_path(path: str) -> bool:
    """Say whether the file at `path` (relative, absolute or only a name) holds secrets by convention.

    A certificate (`public.pem`, `ca.key`) counts as secret: the name does not tell it from a private key.
    """
    parts = path.replace("\\", "/").lower()
    name = parts.rpartition("/")[2]
    if _HARMLESS.match(name):
        return False
    return bool(_NAMES.match(name) or _PLACES.match(f"/{parts}"))


def looks_like_secret_text(head: str) -> bool:
    """Say whether a file that begins with `head` (4,000 characters are enough) is a key or a credential file.

    For files whose name says nothing: a private key in `deploy.txt`, a service account in `project-1a2.json`.
    """
    return any(hint in head for hint in _SECRET_HINTS) and _SECRET_HEAD.search(head) is not None
