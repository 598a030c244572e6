"""The files that are indexed: walking the folders, git's ignore rules, and the limits of what counts as source."""
