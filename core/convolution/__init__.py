"""The arithmetic of a convolutional network, number by number; one noun per file."""
