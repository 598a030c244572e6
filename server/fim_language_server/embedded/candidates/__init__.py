"""The texts that could stand at the cursor, and the evidence for each as named numbers."""
