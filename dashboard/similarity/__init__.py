"""What the page Nearest digits shows."""
