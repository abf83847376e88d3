"""Studies: tables that need many training runs; how they are run, what they show, and the recorded ones."""
