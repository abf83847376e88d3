"""What a page's address holds: reading a link, and writing the address."""
