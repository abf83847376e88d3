"""What the page Made digits shows."""
