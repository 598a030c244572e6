"""Source text as numbers: tokens, the vocabulary that numbers them, and tokens without their names."""
