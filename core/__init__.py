"""Negative Space, without the dashboard: pure PyTorch, NumPy and Plotly, usable from a notebook.

Data (datasets, pmnist, drawing) is at the bottom; then networks and inversion; then the verbs (training,
evaluation, restoration), which take any network as an argument; then checkpoints and recipes.
"""
