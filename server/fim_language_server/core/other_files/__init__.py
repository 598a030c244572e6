"""Pieces of other files that are worth showing to a model: how they are chosen, and kept from prompt to prompt.

query           the words around the cursor, and how much each counts
windows         the order in which windows of text are taken: best first, each word for less when shown again
line_cells      documents as cells of eight lines, and the windows among them that share words with the query
open_documents  the open documents that may be shown, and how much each counts
own_file        imports and heads of the cursor's own file, outside of its windows
packing         windows as snippets: cut to a budget, without overlap, neighbours joined
recent_edits    the ranges of lines that were edited last
growing         what was sent stays in front, and what is new comes behind it
"""
