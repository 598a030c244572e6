"""fim-language-server: AI ghost text (fill-in-the-middle completion) in every editor, from every FIM model.

Start reading at ARCHITECTURE.md, or at `engine/engine.py` for the path of one keystroke.
This file stays empty but for the version: importing the package must cost nothing.
"""

__version__ = "0.1.0"
