"""Tables as lines of text for people: the first column on the left, the others right-aligned."""

from collections.abc import Iterable, Iterator, Sequence


def to_lines(header: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield the header and a line for each row; columns are as wide as their longest cell."""
    table = [header, *rows]
    first, *widths = (max(map(len, column)) for column in zip(*table, strict=True))
    for name, *cells in table:
        yield name.ljust(first) + "".join(cell.rjust(width + 2) for cell, width in zip(cells, widths, strict=True))
