"""Certificates that TLS trusts: those of the system and of `provider.caFile`. No setting switches the check off."""

from __future__ import annotations

import ssl


def load_certificates(ca_file: str) -> ssl.SSLContext:
    """Return the TLS settings for connections; takes tens of milliseconds. Raises OSError for a bad `ca_file`."""
    context = ssl.create_default_context()
    if ca_file:
        context.load_verify_locations(cafile=ca_file)
    return context
