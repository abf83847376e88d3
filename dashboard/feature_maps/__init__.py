"""What the page Feature maps shows."""
