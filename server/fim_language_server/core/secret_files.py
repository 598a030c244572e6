"""Which files hold secrets: by name they are never completed, indexed or sent, by what they say never indexed.

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

_SECRET_TEXTS: Final = {
    "PRIVATE KEY": r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----",  # PEM (RFC 7468), OpenSSH, OpenPGP
    "PuTTY-User-Key-File": r"^PuTTY-User-Key-File-\d",
    "AGE-SECRET-KEY": r"^AGE-SECRET-KEY-1",
    "$ANSIBLE_VAULT": r"^\$ANSIBLE_VAULT;",
    "service_account": r'"type"\s*:\s*"service_account"',  # a Google service account's key file
    "aws_secret_access_key": r"^aws_secret_access_key\s*=",
    # Tokens that their issuers gave a form of their own, so that scanners find them.
    "AKIA": r"\bAKIA(?![A-Z0-9]*EXAMPLE)[A-Z0-9]{16}\b",  # AWS; its manual's own ends with EXAMPLE
    "ghp_": r"\bghp_[A-Za-z0-9]{36}",
    "gho_": r"\bgho_[A-Za-z0-9]{36}",
    "ghs_": r"\bghs_[A-Za-z0-9]{36}",
    "github_pat_": r"\bgithub_pat_\w{60}",
    "glpat-": r"\bglpat-[\w-]{20}",
    "xox": r"\bxox[abprs]-\d+-[\w-]{20}",  # Slack
    "_live_": r"\b[rs]k_live_[A-Za-z0-9]{20}",  # Stripe
    "AIza": r"\bAIza[\w-]{35}",  # Google
    "sk-": r"\bsk-(?:proj|ant|svcacct)-[\w-]{30}",  # OpenAI, Anthropic
    "npm_": r"\bnpm_[A-Za-z0-9]{36}\b",
    "pypi-": r"\bpypi-AgEIcHlwaS5vcmc[\w-]{20}",
    "hf_": r"\bhf_[A-Za-z]{34}\b",
}
"""Patterns of texts that are secrets, each under a word that it has: nearly every file has none of the words."""
_SECRET_TEXT: Final = {hint: re.compile(pattern, re.MULTILINE) for hint, pattern in _SECRET_TEXTS.items()}


def is_secret_path(path: str) -> bool:
    """Say whether the file at `path` (relative, absolute or only a name) holds secrets by convention.

    A certificate (`public.pem`, `ca.key`) counts as secret: the name does not tell it from a private key.
    """
    parts = path.replace("\\", "/").lower()
    name = parts.rpartition("/")[2]
    if _HARMLESS.match(name):
        return False
    return bool(_NAMES.match(name) or _PLACES.match(f"/{parts}"))


def looks_like_secret_text(text: str) -> bool:
    """Say whether a file with this text, or whose beginning it is, is a key, a credential file, or has a token in it.

    For files whose name says nothing: a private key in `deploy.txt`, a service account in `project-1a2.json`, an
    access token in `settings.py`.
    """
    return any(hint in text and pattern.search(text) for hint, pattern in _SECRET_TEXT.items())
