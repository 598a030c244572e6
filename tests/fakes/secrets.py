"""Random secrets that are nobody's: an instance of every rule, made from its expression, and of kinds without a form.

All are put together at run time, so that no scanner takes this file for a leak.
"""

from __future__ import annotations

import base64
import random
import re
import string
from collections.abc import Callable
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

HEX, LOWER, ALNUM = "0123456789abcdef", string.ascii_lowercase + string.digits, string.ascii_letters + string.digits
URL_SAFE, BASE64 = ALNUM + "-_", ALNUM + "+/"
_MOST = 40


def text_of(alphabet: str, length: int, chance: random.Random) -> str:
    """Return a random text."""
    return "".join(chance.choice(alphabet) for _ in range(length))


def instance_of(pattern: str, group: int, chance: random.Random) -> tuple[str, str]:
    """Return a random text that an expression matches, and the part of it that is the secret."""
    maker = _Maker(chance)
    items = list(parser.parse(pattern, re.ASCII))
    tries = (maker.of(items) for _ in range(50))
    whole, found = next((text, found) for text in tries if (found := re.search(pattern, text, re.ASCII)))
    group = group or next((n for n in range(1, len(found.groups()) + 1) if found[n]), 0)
    return whole, found[group]


class _Maker:
    def __init__(self, chance: random.Random) -> None:
        self._chance = chance

    def of(self, items: list[Any]) -> str:
        return "".join(self._one(str(kind), value) for kind, value in items)

    def _one(self, kind: str, value: Any) -> str:
        if kind == "LITERAL":
            return chr(value)
        if kind == "NOT_LITERAL":
            return "a" if value != ord("a") else "b"
        if kind == "ANY":
            return "."  # Mostly a dot that nobody escaped.
        if kind == "IN":
            return self._chance.choice(_members(value))
        if kind in {"MAX_REPEAT", "MIN_REPEAT"}:
            least, most, inner = value
            most = min(int(most), max(int(least), _MOST))
            count = (
                self._chance.randint(int(least), most)
                if len(list(inner)) and most - least < 20
                else max(least, min(most, 24))
            )
            if self._is_filler(list(inner)):
                count = int(least)
            if str(next(iter(inner))[0]) == "NOT_LITERAL" and not least:
                return ""
            if str(next(iter(inner))[0]) == "ANY":
                return text_of(ALNUM, count, self._chance)
            if (
                len(list(inner)) == 1
                and least == 0
                and str(next(iter(inner))[0]) == "IN"
                and _is_negated(next(iter(inner))[1])
            ):
                return ""
            return "".join(self.of(list(inner)) for _ in range(count))
        if kind == "SUBPATTERN":
            return self.of(list(value[3]))
        if kind == "BRANCH":
            branches = [list(branch) for branch in value[1] if len(list(branch))]
            branches = [branch for branch in branches if str(branch[0][0]) != "AT"] or branches
            return self.of(self._chance.choice(branches))
        return ""

    def _is_filler(self, inner: list[Any]) -> bool:
        """Is this what may stand between a name and its value? Then as little of it as may be."""
        return (
            len(inner) == 1
            and str(inner[0][0]) in {"IN", "ANY"}
            and (str(inner[0][0]) == "ANY" or len(_members(inner[0][1])) > 62 or " " in _members(inner[0][1]))
        )


def _is_negated(value: Any) -> bool:
    return any(str(kind) == "NEGATE" for kind, _ in value)


def _members(value: Any) -> list[str]:
    everything = [chr(code) for code in range(33, 127)] + [" "]
    found: set[str] = set()
    negated = False
    for kind, what in value:
        name = str(kind)
        if name == "NEGATE":
            negated = True
        elif name == "LITERAL":
            found.add(chr(what))
        elif name == "RANGE":
            found.update(chr(code) for code in range(what[0], what[1] + 1))
        elif name == "CATEGORY":
            tests: dict[str, Callable[[str], bool]] = {
                "CATEGORY_WORD": lambda c: c.isalnum() or c == "_",
                "CATEGORY_DIGIT": str.isdigit,
                "CATEGORY_SPACE": lambda c: c == " ",
                "CATEGORY_NOT_SPACE": lambda c: c != " ",
                "CATEGORY_NOT_DIGIT": lambda c: not c.isdigit(),
            }
            found.update(c for c in everything if tests[str(what)](c))
    members = [c for c in everything if c not in found] if negated else sorted(found)
    return [c for c in members if c.isalnum()] or [c for c in members if c == " "] or members


def formless(chance: random.Random) -> dict[str, tuple[str, str]]:
    """Return lines with secrets that have no form of their own, by kind: (the line, the secret in it)."""
    hex_32, hex_40, hex_64 = (text_of(HEX, n, chance) for n in (32, 40, 64))
    word = text_of(LOWER, 5, chance) + text_of(string.ascii_letters, 3, chance) + text_of(string.digits, 3, chance)
    token = text_of(ALNUM, 40, chance)
    key_64 = base64.b64encode(chance.randbytes(64)).decode()
    key_30 = base64.b64encode(chance.randbytes(30)).decode()
    words = " ".join(text_of(string.ascii_lowercase, 6, chance) for _ in range(5))
    basic = base64.b64encode(f"user:{word}".encode()).decode()
    sas = text_of(ALNUM, 41, chance) + "%3D"
    lines = {
        "password in Python": (f'password = "{word}"', word),
        "password with a type": (f'db_password: str = "{word}"', word),
        "password in JSON": (f'  "password": "{word}",', word),
        "password in YAML": (f"  password: {word}", word),
        "password in properties": (f"spring.datasource.password={word}", word),
        "password in a shell": (f"export DB_PASSWORD={word}", word),
        "password in Compose": (f"      - POSTGRES_PASSWORD={word}", word),
        "password in Dockerfile": (f"ENV ADMIN_PASSWORD={word}", word),
        "password in PHP": (f"define('DB_PASSWORD', '{word}');", word),
        "password in Java": (f'private static final String PASSWORD = "{word}";', word),
        "password in Go": (f'var password string = "{word}"', word),
        "password in C": (f'#define WIFI_PASSWORD "{word}"', word),
        "password as argument": (f'connect(user="root", password="{word}")', word),
        "password as default": (f'os.getenv("DB_PASSWORD", "{word}")', word),
        "password in XML": (f"<password>{word}</password>", word),
        "password by entry": (f'<add key="AdminPassword" value="{word}" />', word),
        "password of a command": (f"mysql -u root -p{word} shop", word),
        "password of curl": (f"curl -u admin:{word} https://api.example.org/v1", word),
        "password in SQL": (f"CREATE USER app IDENTIFIED BY '{word}';", word),
        "password compared": (f'if password == "{word}":', word),
        "passphrase": (f'passphrase = "{words}"', words),
        "escaped JSON": (f'body = "{{\\"password\\": \\"{word}\\"}}"', word),
        "PostgreSQL": (f"postgresql://app:{word}@db.internal:5432/shop", word),
        "Redis": (f"redis://:{word}@cache:6379/0", word),
        "MongoDB": (f"mongodb+srv://app:{word}@cluster0.mongodb.net/x", word),
        "AMQP": (f"amqp://guest2:{word}@mq/%2f", word),
        "HTTPS": (f"git clone https://bot:{word}@git.acme.org/x.git", word),
        "MySQL with SQLAlchemy": (f"mysql+pymysql://root:{word}@localhost/x", word),
        "ADO.NET": (f"Server=db;Database=shop;User Id=sa;Password={word};Encrypt=true", word),
        "ODBC": (f'"Driver={{PG}};Host=db;Uid=app;Pwd={word};"', word),
        "Azure storage": (f"AccountName=acme;AccountKey={key_64};EndpointSuffix=core", key_64),
        "Service bus": (f"Endpoint=sb://a.net/;SharedAccessKeyName=Root;SharedAccessKey={key_30}", key_30),
        "Azure SAS": (f"https://a.blob.core.windows.net/c?sv=2022&se=2030&sig={sas}", sas),
        "S3 signed": (f"https://b.s3.amazonaws.com/k?X-Amz-Expires=1&X-Amz-Signature={hex_64}", hex_64),
        "AWS secret key": (f'aws_secret_access_key = "{token}"', token),
        "AWS secret in YAML": (f"  secretAccessKey: {token}", token),
        "Mistral": (f'MISTRAL_API_KEY = "{text_of(ALNUM, 32, chance)}"', ""),
        "Codestral": (f"CODESTRAL_API_KEY={text_of(ALNUM, 32, chance)}", ""),
        "hex token": (f'access_token: "{hex_40}"', hex_40),
        "hex key": (f"const apiKey = '{hex_32}';", hex_32),
        "Twilio token": (f"TWILIO_AUTH_TOKEN={hex_32}", hex_32),
        "Heroku": (f'heroku_api_key = "{hex_32[:8]}-{hex_32[8:12]}-{hex_32[12:16]}-{hex_32[16:20]}-{hex_32[20:]}"', ""),
        "Django": (f"SECRET_KEY = 'django-insecure-{token}'", ""),
        "Rails": (f"secret_key_base: {hex_64}", hex_64),
        "Bearer": (f'headers = {{"Authorization": "Bearer {token}"}}', token),
        "Basic": (f"Authorization: Basic {basic}", basic.rstrip("=")),
        "header": (f"x-api-key: {token}", token),
        "query": (f"https://maps.acme.org/v1?api_key={token}", token),
        "Datadog": (f'DD_API_KEY="{hex_32}"', hex_32),
        "client secret": (f'client_secret_value = "{token}"', token),
        "npmrc": (f"//registry.acme.org/:_authToken={token}", token),
        "WireGuard": (f"PrivateKey = {base64.b64encode(chance.randbytes(32)).decode()}", ""),
        "Ethereum": (f'PRIVATE_KEY = "0x{hex_64}"', hex_64),
        "salt": (f'AUTH_SALT = "{text_of(ALNUM, 24, chance)}"', ""),
        "property in C#": (f'public string ClientSecret {{ get; set; }} = "{token}";', token),
        "default in Python": (f'token = env or "{token}"', token),
        "default in JavaScript": (f'const apiToken = process.env.API_TOKEN || "{token}";', token),
        "default in a shell": (f"TOKEN=${{TOKEN:-{token}}}", token),
        "lazy in Kotlin": (f'val accessToken by lazy {{ "{token}" }}', token),
        "header of nginx": (f"  proxy_set_header X-Auth-Token {token};", token),
        "Kennwort": (f'kennwort = "{word}"', word),
        "mot de passe": (f'mot_de_passe = "{word}"', word),
        "contraseña": (f'contraseña = "{word}"', word),
        "senha": (f'senha = "{word}"', word),
        "wachtwoord": (f'wachtwoord = "{word}"', word),
        "htpasswd": ("admin:$apr1$" + text_of(ALNUM, 8, chance) + "$" + text_of(ALNUM, 22, chance), ""),
        "bcrypt": ("hash = '$2b$12$" + text_of(ALNUM, 53, chance) + "'", ""),
    }  # fmt: skip
    return {kind: (line, secret or _value_of(line)) for kind, (line, secret) in lines.items()}


def _value_of(line: str) -> str:
    """Return the last long word of a line."""
    quoted = re.findall(r"[\"']([^\"']{12,})[\"']", line)
    return quoted[-1] if quoted else re.split(r"[\s=:]+(?!$)", line)[-1] if ":$" not in line else line.partition(":")[2]


def pem(chance: random.Random, kind: str = "OPENSSH PRIVATE KEY", lines: int = 6) -> str:
    """Return a private key in PEM's form."""
    body = "\n".join(text_of(BASE64, 64, chance) for _ in range(lines))
    return f"-----{'BEGIN'} {kind}-----\n{body}\n-----{'END'} {kind}-----\n"
