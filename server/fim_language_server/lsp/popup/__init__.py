"""Suggestions in the completion popup (`textDocument/completion`), for clients that cannot show ghost text.

`answering.py` answers requests in time, `items.py` makes a client's items of suggestions.
"""
