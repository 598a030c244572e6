"""Candidates: the texts that the retrieved places suggest for the cursor, and the features of each."""
