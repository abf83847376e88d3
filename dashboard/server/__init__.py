"""Session state, caches, locks, visitors, and the process that serves them."""
