"""Data sets and their downloads, the offline digits, and any picture or drawing as a digit."""
