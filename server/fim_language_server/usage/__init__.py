"""Usage statistics of requests to models: a record of each, the log that keeps them, and the report over it."""
