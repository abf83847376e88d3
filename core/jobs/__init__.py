"""Work in processes of its own: starting and stopping it, what is known of it, and the networks that come of it."""
