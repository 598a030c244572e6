"""The lending service of a town library."""
