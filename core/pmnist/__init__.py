"""PMNIST: masks and cuts, erasing, the partial test set, and a hole that grows."""
