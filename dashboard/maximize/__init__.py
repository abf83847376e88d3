"""What the page What fires a neuron shows."""
