"""Fitting the weights of the embedded model (`make fit`): votes, then the ranker, then blocks."""
