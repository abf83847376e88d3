"""The views of the page PMNIST."""
