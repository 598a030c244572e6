"""Prompts that the server sends, judged by the words of the line to be written that they hold (`eval --context`)."""
