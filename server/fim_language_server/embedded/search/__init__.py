"""Finding places that resemble the cursor's, and reading on from them under the cursor's names."""
