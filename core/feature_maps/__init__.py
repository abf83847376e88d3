"""All feature maps of a digit, differences between two digits' maps, and the filters of every layer. No hooks."""
