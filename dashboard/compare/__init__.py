"""The page Draw · Erase · Compare."""
