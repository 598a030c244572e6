"""Bytes to handled messages: transports, framing, JSON-RPC and the parameters of messages."""
