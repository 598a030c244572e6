"""Shaping compared with a parser: where a block ends, and whether a file parses worse with a text than without it.

Both need tree-sitter and its grammars: `pip install -e .[syntax]`.
"""
