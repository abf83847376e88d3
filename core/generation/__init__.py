"""Digits that nobody wrote: a small conditional GAN, how it learns, and what it makes."""
