"""What a network has learned, used for another task: two classes of pictures, of which there are only a few (X1 to X8).

Uploaded pictures become a task, a network's layers give features, and a logistic regression or the network learns it.
"""
