"""The open documents: their text as lines, positions in them, and the workspace folders."""
