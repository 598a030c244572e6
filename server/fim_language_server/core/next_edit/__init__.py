"""The next edit: a change that follows from what was just edited, at the cursor or away from it.

values       edits of the past, the question put to a model or to the rules, and the edit that is offered
line_change  a change of a document as whole lines
history      the user's edits, merged from the changes that the editor sends
minimal      the smallest replacements that make one text of another
pending      an offered edit while the user goes on editing
offers       what of the proposals is worth offering
repeats      edits without a model: what the user just did, done again
"""
