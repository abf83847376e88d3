"""The lesson: one window, settings, pooling, filters made by hand, batch norm, dropout; one noun per file."""
