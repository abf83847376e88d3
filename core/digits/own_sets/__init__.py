"""One's own pictures as a data set: read from files of five formats, made 28x28, split, and kept as one file.

A file is untrusted: everything is counted before it is built, and each fault is an OwnSetError, one sentence.
"""
