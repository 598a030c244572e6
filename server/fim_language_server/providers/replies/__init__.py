"""Reading of servers' replies: framing, events, headers, errors. Pure."""
