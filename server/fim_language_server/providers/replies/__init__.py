"""Servers' replies, read: framing, events, headers, refusals. Pure."""
