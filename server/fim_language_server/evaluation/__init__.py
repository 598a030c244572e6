"""Evaluation of models on a repository: text is taken out of real files, requested from the model, and compared."""
