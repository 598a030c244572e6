"""Network doors: TCP and pipes, whose clients are let in first and may not set everything."""
