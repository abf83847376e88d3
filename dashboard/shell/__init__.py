"""What frames every page: the lesson bar and Share."""
