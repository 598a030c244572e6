"""The next edit: a change that follows from what was just edited, at the cursor or away from it.

values    edits of the past, the question put to a model or to the rules, and the edit that is offered
"""
