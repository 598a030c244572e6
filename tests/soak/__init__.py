"""Long trials: `python -m tests.soak.NAME --count N --seed S` prints one row, and fails where something went wrong."""
