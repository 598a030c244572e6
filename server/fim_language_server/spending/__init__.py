"""How much may be asked: limits per minute for requests and tokens. Pure, but for `spending.shared`."""
