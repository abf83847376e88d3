"""What the page Attack shows."""
