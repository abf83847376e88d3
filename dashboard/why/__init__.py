"""What the page Why this class shows."""
