"""Music: pieces and files as sound, sound as spectrograms, spectrograms as pictures that a network reads like digits.

`scores` holds the notes of the pieces, `synthesizer` plays them, `audio` reads files, `spectrograms` makes the
pictures, `library` trains the network and finds similar pieces.
"""
