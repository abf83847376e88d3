"""The page "Transfer": which pictures, which layers, and the five views."""
