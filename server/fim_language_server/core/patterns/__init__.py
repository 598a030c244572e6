"""Patterns of paths, as git reads them: `.gitignore`, and the user's own excludes. Pure, in bounded time."""
