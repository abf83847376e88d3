"""How large one's own set may be, and the error of all files that are none."""

from core.digits.idx import DatasetError

MAX_PICTURES = 70_000  # as MNIST has
MIN_CLASSES, MAX_CLASSES = 2, 50
MAX_FILES = MAX_PICTURES + 1000  # in a zip, folders and all
MAX_UNPACKED = 300 * 2**20  # bytes
MAX_SIDE = 1000  # pixels of a picture in an array
MAX_PIXELS = 1_200_000_000  # of all picture files together, as they say
MAX_CLASS_NAME = 30  # characters


class OwnSetError(DatasetError):
    """Files that hold no usable set; the message is one sentence for the user."""


def check_count(pictures: int, most: int = MAX_PICTURES) -> None:
    """Raise OwnSetError for too many pictures, or none."""
    if pictures > most:
        raise OwnSetError(f"These are {pictures:,} pictures, and at most {most:,} are read here.")
    if not pictures:
        raise OwnSetError("There is no picture in these files.")
