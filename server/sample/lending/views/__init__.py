"""What callers can ask for: one module for each kind of record."""
