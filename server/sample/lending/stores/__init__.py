"""Where records are kept: one store for each kind."""
