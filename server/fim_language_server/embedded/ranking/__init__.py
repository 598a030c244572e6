"""How likely each candidate is right: fitted weights, and the small models that use them."""
