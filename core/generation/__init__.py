"""A small conditional GAN: its training, and the digits it makes."""
