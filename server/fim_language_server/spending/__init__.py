"""Limits of spending: limits per minute for requests and tokens. Pure, but for `spending.shared`."""
