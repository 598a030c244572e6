"""Ranking: the probability that a candidate, or its block, is right, by weights fitted on other repositories."""
