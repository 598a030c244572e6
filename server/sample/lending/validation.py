"""Checks of what callers send; each raises Invalid with the field's name."""

import re
from datetime import date

from lending.errors import Invalid

EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
ISBN = re.compile(r"[0-9]{9}[0-9X]|[0-9]{13}")


def require_text(body, field, longest=200):
    value = body.get(field)
    if not isinstance(value, str) or not value.strip():
        raise Invalid(f"{field} must be a text", field=field)
    if len(value) > longest:
        raise Invalid(f"{field} must be at most {longest} characters", field=field)
    return value.strip()


def require_number(body, field, least=0, most=1_000_000):
    value = body.get(field)
    if not isinstance(value, int) or isinstance(value, bool):
        raise Invalid(f"{field} must be a number", field=field)
    if not least <= value <= most:
        raise Invalid(f"{field} must be from {least} to {most}", field=field)
    return value


def require_date(body, field):
    value = require_text(body, field, longest=10)
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise Invalid(f"{field} must be a date", field=field) from None


def require_email(body, field="email"):
    value = require_text(body, field)
    if not EMAIL.fullmatch(value):
        raise Invalid(f"{field} must be an address", field=field)
    return value.lower()


def require_isbn(body, field="isbn"):
    value = require_text(body, field).replace("-", "")
    if not ISBN.fullmatch(value):
        raise Invalid(f"{field} must be an ISBN", field=field)
    return value
