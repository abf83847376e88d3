"""Transfer learning: a network's layers as features for a new task with few pictures of two to ten classes.

The task is learned by a logistic regression on the features, or by fine-tuning the network.
"""
