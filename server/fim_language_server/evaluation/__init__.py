"""How good is a model on this code: text taken out of real files, put to the model, and compared."""
