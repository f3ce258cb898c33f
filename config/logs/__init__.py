"""JSON log lines that carry ids only. Imports nothing of the console, as the settings are built from it."""
