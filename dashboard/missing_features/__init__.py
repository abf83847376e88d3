"""What the page Missing features shows."""
