"""Negative Space without its dashboard: PyTorch, NumPy and Plotly, usable from a notebook, on CUDA or CPU.

Each room is a folder; a room imports only rooms that stand before it here.
"""

ROOMS = (
    "system",  # atomic files, locks, names that are safe to show, the device
    "digits",  # data sets, downloads, offline digits; pictures and drawings -> a digit
    "pmnist",  # masks and cuts, erasing, the partial test set
    "networks",  # architectures, the classifier, composing one, evaluation, a hole that grows
    "inversion",  # inversion functions, freezing, heads, the algebra, what absent features say
    "onnx",  # networks as ONNX files: written, and read in a process of its own
    "restoration",  # fill a hole (mask known), find it first (blind)
    "corruptions",  # shift, blur, noise and other changes that a person hardly notices
    "adversarial",  # attacks on one digit, universal noise, stickers, printing and photographing
    "training",  # configuration, loop, state, presets, adversarial training
    "zoo",  # names -> networks: checkpoints, cards, recipes
    "generation",  # a small GAN
    "jobs",  # generators in processes of their own; run folders; trained networks as files
    "maximization",  # pictures that maximise an activation
    "feature_maps",  # all maps of a digit, filters
    "probes",  # linear probes: the answer after each layer
    "attribution",  # why this class: attribution methods, holes, the smallest erasure
    "convolution",  # one window at a time: the arithmetic of a layer
    "similarity",  # the similarity shortcut, a map of many digits
    "music",  # pieces and sound files -> spectrograms as pictures; similar pieces
    "second_model",  # a network that learns from feature maps
    "transfer",  # other pictures: VGG16 or our own networks as feature extractors
    "classroom",  # quiz, scores, lessons, rooms
    "studies",  # many seeds against matched controls; recorded results
    "visualization",  # arrays -> pictures and figures; knows no network
    "commands",  # the command line
)
