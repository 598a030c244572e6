"""The way from bytes to handled messages: standard streams, framing, JSON-RPC and the parameters of messages."""
