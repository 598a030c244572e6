"""TCP and pipes: clients are admitted first, and some of their settings are refused."""
