"""What the page One window at a time shows."""
