"""Files that hold secrets are known by name or first characters; files that only speak of them are let be."""

import pytest

from fim_language_server.core.secret_files import is_secret_path, looks_like_secret_text


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
        "[default]\naws_secret_access_key = x\n",
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
    assert not looks_like_secret_text(f'{source}    client.log_in(token="{token[:12]}")\n')


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
