"""Views answer requests: one module for each kind of record."""
