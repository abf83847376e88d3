"""How unlike MNIST a digit is: its measures beside those of MNIST's training digits, and the nearest of these."""
