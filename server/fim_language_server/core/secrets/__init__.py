"""Secrets in a text: where they stand, and how a text is sent without them.

`find_secrets` is the one question that prompt, snippets, index and messages ask. `reason_to_withhold` says of a whole
file that it is a secret. `masking` puts placeholders where secrets stand, and `restoring` puts the secrets back.

The rules are data: `public_rules` is gitleaks' set, `own_rules` is what that lacks; `make generate` makes both from
`server/tools/secret_rules`. What cannot be said by a rule for one line is in `assignments` (a value is given to a
name such as `password`) and `blocks` (keys that span lines).
"""

from fim_language_server.core.secrets.blocks import may_withhold, reason_to_withhold
from fim_language_server.core.secrets.finding import (
    Secret,
    find_secrets,
    holds_secret,
    holds_token,
    looks_like_key,
    without_secret_lines,
)
from fim_language_server.core.secrets.rules import rules_version

__all__ = [
    "Secret",
    "find_secrets",
    "holds_secret",
    "holds_token",
    "looks_like_key",
    "may_withhold",
    "reason_to_withhold",
    "rules_version",
    "without_secret_lines",
]
