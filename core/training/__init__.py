"""Training as a generator of records: its configuration, loop, state and presets."""
