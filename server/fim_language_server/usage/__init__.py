"""What requests to models cost: a record of each, the log that keeps them, and the report over it."""
