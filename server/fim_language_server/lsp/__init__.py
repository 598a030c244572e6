"""The language server protocol (LSP 3.18): messages of editors in, suggestions and notifications out.

`server.py` is one client's server, `handlers.py` has a function for each method, `session.py` keeps a client's state.
Only this room imports pygls and lsprotocol; how suggestions are found is the engine's part.
"""
