"""Arrays -> pictures and figures. Knows no network, no data set and no page."""
