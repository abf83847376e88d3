"""A photograph -> its digits: the sheet is straightened, light evened out, lines removed, ink found and cut apart."""
