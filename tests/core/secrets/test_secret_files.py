"""Files that hold secrets are known by name or first characters; files that only speak of them are let be."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from fim_language_server.core.secrets import secret_table
from fim_language_server.core.secrets.secret_files import (
    is_secret_path,
    looks_like_secret_text,
    secret_document_reason,
    secret_reason,
)
from fim_language_server.core.secrets.secret_names import LONGEST_NAME, LONGEST_PATH, parts_of, pieces_of, spellings_of
from fim_language_server.core.values import Document

ORDINARY = Path(__file__).with_name("ordinary_names.txt").read_text(encoding="utf-8").splitlines()
"""Names of source files, most of them from packages of Python and npm; a third have a word in them that the table has,
too. The first hundred and more are those that a project has beside its secrets.
"""

COPIES = (
    *(
        "{}.bak",
        "{}.old",
        "{}.orig",
        "{}.save",
        "{}.save.1",
        "{}~",
        "{}.~1~",
        "{}.swp",
        ".{}.swp",
        "{}.swo",
        "#{}#",
        ".#{}",
    ),
    *(
        "{} copy",
        "{} copy 2",
        "{} (1)",
        "{} - Copy",
        "{} - Copy (2)",
        "{} - Kopie",
        "Copy of {}",
        "Kopie von {}",
        "{}(1)",
    ),
    *("{}.1", "{}-1", "{}2", "{}_v2", "{}.r42", "{}-backup", "{}_backup", "backup-{}", "old_{}", "{}.backup.2"),
    *(
        "{}-2024-01-31",
        "{}.20240131",
        "{}_20240131_235959",
        "{}.2024-01-31.bak",
        "{}.bak.20240131",
        "{}-2024-01-31T10:00:00Z",
    ),
    *("{}.prod", "{}-prod", "{}_staging", "{}.local", "{}_work", "{}.txt", "{}.tmp", "{}.new", "{}.rej", "{}.mine"),
    *("{}.dpkg-old", "{}.rpmsave", "{}.pacnew", "{}.b64", "{}.disabled", "{}.", "{} ", "{}. .", "{}::$DATA", "HEAD:{}"),
    *("._{}", "~${}", "my-{}", "%home%me%{}", "!home!me!{}~", "dir\\{}", "{}\u200b", "old.zip::{}"),
)
"""How editors, file managers, package managers, version control and people call a copy."""
COPIES_BEFORE_AN_EXTENSION = (
    "{} copy{}",
    "{} (1){}",
    "{}-backup{}",
    "{}_old{}",
    "{}.2024-01-31{}",
    "{}.prod{}",
    "{}2{}",
)


def rows(table: dict[str, str]) -> Iterator[str]:
    """Yield an example of each row."""
    for listed in table.values():
        for row in listed.split():
            yield (
                row.replace("y*ml", "yml")
                .replace("/**/", "/a/b/")
                .replace("**", "a/config")
                .replace("*", "acme")
                .rstrip("+")
            )


NAMES = [*rows(secret_table.KEY_ROWS), *rows(secret_table.SECRET_ROWS), *rows(secret_table.WORD_ROWS)]  # type: ignore[arg-type]
PLACES = [*rows(secret_table.PLACE_ROWS)]  # type: ignore[arg-type]


@pytest.mark.parametrize("example", [*NAMES, *PLACES])
def test_copies_of_what_the_tables_name_are_secret_in_every_place_and_case(example: str) -> None:
    folder, slash, name = example.rpartition("/")
    stem, dot, extension = name.rpartition(".")
    copies = [
        copy for copy in COPIES if not (slash and copy.startswith("dir")) and not (name[-1].isdigit() and copy == "{}2")
    ]
    spelled = [name, *(copy.format(name) for copy in copies)]
    if stem and not stem[-1].isdigit():
        spelled += [copy.format(stem, dot + extension) for copy in COPIES_BEFORE_AN_EXTENSION]
    paths = [f"{place}{folder}{slash}{one}" for one in spelled for place in ("/home/me/", "", "C:\\Users\\me\\a.b\\")]
    cases = [path for each in paths for path in (each, each.upper(), each.title())]
    assert [path for path in cases if secret_reason(path) is None] == []


@pytest.mark.parametrize("folder", [".ssh", ".aws", ".kube", ".gnupg", ".azure", ".oci", ".secrets"])
def test_everything_in_a_place_of_secrets_is_secret_also_in_a_copy_of_the_place(folder: str) -> None:
    for copy in COPIES[:40]:
        assert is_secret_path(f"/home/me/{copy.format(folder)}/sub/config"), copy
    assert is_secret_path(f"/home/me/{folder}/deploy.py")
    assert not is_secret_path(f"/home/me/{folder}/known_hosts")


@pytest.mark.parametrize("place", ["", "/home/me/project/", "C:\\src\\", "src/"])
def test_ordinary_source_is_not_secret(place: str) -> None:
    """Of a secret in such a file only the secret is kept back: files that people write code in complete."""
    assert len(ORDINARY) >= 500
    assert {name: reason for name in ORDINARY if (reason := secret_reason(place + name)) is not None} == {}


@pytest.mark.parametrize(
    "place",
    [
        "shadow-",
        "gshadow",
        "gshadow-",
        "sudoers",
        "sudoers.d/90-cloud",
        "ssl/private/host",
        "security/opasswd",
        "sasldb2",
    ],
)
def test_the_secret_places_of_a_system_are_secret_by_their_uri(place: str) -> None:
    """Files without an extension, which no rule knows by their name alone."""
    assert secret_document_reason(Document(f"file:///etc/{place}")) is not None


@pytest.mark.parametrize("place", ["hosts", "ssl/openssl.cnf", "ssh/sshd_config", "sudo.conf", "fstab"])
def test_other_configuration_of_a_system_is_not(place: str) -> None:
    """Administrators edit it."""
    assert secret_document_reason(Document(f"file:///etc/{place}")) is None


def test_a_reason_names_the_rule_and_never_the_file() -> None:
    assert secret_reason("/home/acme/.kube/prod-cluster") == "the key of a cloud's account (.kube/**)"
    assert secret_reason("/home/acme/.env.acme") == "an environment file (.env)"
    for example in [*NAMES, *PLACES]:
        assert "zanzibar" not in str(secret_reason(f"/home/zanzibar/{example}.zanzibar.bak"))


@pytest.mark.parametrize(
    "name", ["a" * 3_000_000, "~" * 100_000, "1." * 100_000, "id_rsa" + " copy" * 50_000, "(" * 200_000]
)
def test_a_name_of_any_length_is_judged_by_a_bounded_number_of_short_names(name: str) -> None:
    """So that no path holds up the loop."""
    for path in (name, f"/x/{name}", "/".join([name[:100]] * 2_000), ":".join([name] * 50)):
        parts = parts_of(path)
        assert sum(map(len, parts)) <= LONGEST_PATH
        pieces = [*pieces_of(parts[-1])] if parts else []
        assert len(pieces) <= 8
        for piece in pieces:
            assert len(piece) <= LONGEST_NAME
            assert len(spellings_of(piece)) <= 64
        assert len(parts) <= 64
        assert secret_reason(path) is None or "id_rsa" in path


@pytest.mark.parametrize(
    "path",
    [
        ".env",
        ".ENV",
        "app/.env.production",
        "app\\.env.local",
        "deploy/prod.env",
        "/home/u/.ssh/config",
        ".ssh/id_rsa",
        "id_ed25519",
        "certs/server.pem",
        "public.pem",
        "tls/server.KEY",
        "release.jks",
        "C:\\Users\\u\\_netrc",
        ".npmrc",
        ".pypirc",
        "home/.aws/credentials",
        "home/.aws/config",
        ".docker/config.json",
        ".kube/config",
        "secrets.yaml",
        "secrets.yml",
        "config/secrets.prod.yaml",
        "credentials.json",
        "service-account-prod.json",
        "terraform/prod.tfvars",
        "terraform.tfstate",
        "terraform.tfstate.backup",
        "wallet.dat",
        ".vault-token",
        ".git-credentials",
        ".streamlit/secrets.toml",
    ],
)
def test_a_file_that_holds_secrets_by_convention_is_secret(path: str) -> None:
    assert is_secret_path(path)


@pytest.mark.parametrize(
    "path",
    [
        "",
        ".env.example",
        "app/.env.sample",
        ".env.template",
        ".env.production.example",
        "environment.py",
        "env.py",
        "src/env.ts",
        ".envoy/config.yaml",
        "keys.ts",
        "key.go",
        "monkey.py",
        "id_rsa.pub",
        ".ssh/known_hosts",
        "docs/credentials.md",
        "credentials.py",
        "secrets.go",
        "secrets/loader.rs",
        "config.json",
        "docker/config.json",
        "kube/config",
        "main.tf",
        "variables.tf",
        "wallet.py",
        "openssh.c",
        "pem.rs",
        "src/ssh/config",
    ],
)
def test_a_file_that_only_speaks_of_secrets_is_not(path: str) -> None:
    assert not is_secret_path(path)


@pytest.mark.parametrize(
    "head",
    [
        "-----BEGIN PRIVATE KEY-----\nMIIE",
        "-----BEGIN RSA PRIVATE KEY-----\n",
        "-----BEGIN OPENSSH PRIVATE KEY-----\n",
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\n",
        "-----BEGIN PGP PRIVATE KEY BLOCK-----\n",
        "# deploy key\n-----BEGIN EC PRIVATE KEY-----\n",
        "PuTTY-User-Key-File-3: ssh-ed25519\n",
        "$ANSIBLE_VAULT;1.1;AES256\n",
        '{\n  "type": "service_account",\n',
        "[default]\naws_secret_access_key = xJ2k9Lm4Qp7Rt1Vw\n",
    ],
)
def test_text_that_begins_as_key_files_do_is_secret(head: str) -> None:
    assert looks_like_secret_text(head)


@pytest.mark.parametrize(
    "token",
    [  # Put together here, so that nothing takes this file for one that holds them.
        "AKIA" + "Z7Q2" * 4,
        "ghp_" + "a1B2" * 9,
        "github_pat_" + "a1B2_" * 12,
        "glpat-" + "x-Y_9" * 4,
        "xoxb-" + "1234567890-" + "Ab" * 12,
        "sk_" + "live_" + "a1B2" * 6,
        "AIza" + "Sy-_4" * 7,
        "sk-" + "ant-api03-" + "a1B2" * 9,
        "npm_" + "a1B2" * 9,
        "pypi-" + "AgEIcHlwaS5vcmc" + "a1B2" * 9,
        "hf_" + "aBcDeFgHiJkLmNoPq" * 2,
    ],
)
def test_source_that_holds_a_services_token_is_secret(token: str) -> None:
    """Wherever it stands: the model would repeat it."""
    source = "def connect():\n" + "    pass\n" * 1_000
    assert looks_like_secret_text(f'{source}    client.log_in(token="{token}")\n')
    assert not looks_like_secret_text(f'{source}    client.find(word="{token[:8]}")\n')


@pytest.mark.parametrize(
    "head",
    [
        "",
        "-----BEGIN CERTIFICATE-----\n",
        "-----BEGIN PUBLIC KEY-----\n",
        "def read_private_key(path):\n",
        'HEADER = "BEGIN PRIVATE KEY"\n',
        "type: service_account_reader\n",
        'os.environ["aws_secret_access_key"]\n',
        'KEY = "AKIAIOSFODNN7EXAMPLE"  # of the manual\n',
        "risk-free; task_live_at; mask-proj-settings; half_up; ask-anthropic\n",
    ],
)
def test_text_about_keys_is_not(head: str) -> None:
    assert not looks_like_secret_text(head)


def test_the_documentation_says_what_is_so() -> None:
    """Every name of docs/secret-files.md: what is secret, and what goes on completing."""
    page = (Path(__file__).parents[3] / "docs" / "secret-files.md").read_text(encoding="utf-8")
    secret, _, ordinary = page.partition("## What goes on completing")
    table = secret[secret.index("|---") :]
    told = re.findall("`([^`]+)`", table.replace("`trigger.exclude`", "").replace("`eval`", ""))
    assert len(told) > 70
    folders = {"~/.ssh", "~/.gnupg", "~/.password-store", "~/.aws", "~/.azure", "~/.config/gcloud", "~/.kube", "~/.oci"}
    for name in told:
        if " FILE" in name or name in ("dotenv", "fim-server", "file://localhost/…"):
            continue
        path = name.replace("*", "acme").replace("…", "").replace("~/", "/home/me/")
        inside = f"{path}/x" if name in folders | {"~/.config/gh", "secrets/"} else path
        assert secret_document_reason(Document(inside.replace("//x", "/x"))) is not None, name
    for name in re.findall("`([^`]+)`", ordinary):
        path = name.replace("*", "acme") + ("x.yml" if name.endswith("/") else "")
        assert secret_reason(path) is None, name
