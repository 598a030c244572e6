"""Which files are indexed: walking the folders, git's ignore rules, and what counts as source."""
