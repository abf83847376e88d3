"""The studies that the verb `study` runs: a module with a NAME, `add_arguments`, `run` and `lines` for each."""
