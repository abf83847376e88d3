"""The program that reads one Parquet file of pictures: its reader is large, and the file is a stranger's.

`parquet_program.py ROWS BYTES < file.parquet > found` writes a line of JSON, the names of the classes or
`{"error": sentence}`, and an .npz of `labels` and either `pixels` or picture files (`content`, `lengths`). It may use
little time and memory, and open no file once it has read its input.
"""

import io
import json
import os
import sys
from pathlib import Path
from typing import Any

LABEL_COLUMNS = ("label", "labels", "class", "target", "y", "digit", "fine_label")
PICTURE_COLUMNS = ("image", "img", "picture", "pixels", "data", "x", "bytes")
ROWS_AT_ONCE = 1000


class TableError(ValueError):
    """A table without pictures and labels; the message is one sentence for the user."""


def main() -> None:
    """Write what the table holds."""
    sys.path.append(str(Path(__file__).parents[2]))
    os.environ["ARROW_DEFAULT_MEMORY_POOL"] = "system"  # others reserve more addresses than `confine` allows
    from core.digits import render_document

    rows, most_bytes, content = int(sys.argv[1]), int(sys.argv[2]), sys.stdin.buffer.read()
    _load()
    render_document.confine()
    try:
        described, arrays = read_table(content, rows, most_bytes)
    except TableError as error:
        described, arrays = {"error": str(error)}, b""
    except MemoryError:
        sys.exit(render_document.TOO_COSTLY)
    sys.stdout.buffer.write(json.dumps(described).encode() + b"\n" + arrays)


def _load() -> None:
    """Import all that reads a table, by reading one: later no file can be opened."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    stream = io.BytesIO()
    table = pa.table({"label": [1, 2], "image": [{"bytes": b"a"}, {"bytes": b"b"}]})
    pq.write_table(table, stream)
    read_table(stream.getvalue(), 2, 1000)


def read_table(content: bytes, rows: int, most_bytes: int) -> tuple[dict[str, Any], bytes]:
    """Return the names of the classes and the arrays; its size is known before any row is read. Raises TableError."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(pa.BufferReader(content))
        _check_size(file.metadata, rows, most_bytes)
        label, pictures = _find_columns(file.schema_arrow)
        batches = file.iter_batches(ROWS_AT_ONCE, columns=[label, *pictures], use_threads=False)
        parts = [_read_batch(batch, label, pictures) for batch in batches]
    except pa.ArrowException as error:
        raise TableError("The Parquet file is damaged.") from error
    if len({tuple(part) for part in parts}) != 1:
        raise TableError("The Parquet file holds no pictures, or pictures of several kinds.")
    stream = io.BytesIO()
    try:
        np.savez(
            stream, allow_pickle=False, **{name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        )
    except ValueError:
        raise TableError("The pictures in the Parquet file have different sizes.") from None
    return {"classes": _find_class_names(file.schema_arrow, label)}, stream.getvalue()


def _check_size(about: Any, rows: int, most_bytes: int) -> None:
    if not 0 < about.num_rows <= rows:
        raise TableError(f"The Parquet file has {about.num_rows:,} rows; 1 to {rows:,} are read.")
    size = sum(about.row_group(at).total_byte_size for at in range(about.num_row_groups))
    if size > most_bytes:
        raise TableError(f"The Parquet file would unpack to {size >> 20:,} MB, and {most_bytes >> 20} MB are read.")


def _find_columns(schema: Any) -> tuple[str, list[str]]:
    """Return the column of labels and those of pictures: one, or one for each pixel. Raises TableError."""
    label = next((name for name in schema.names if name.lower() in LABEL_COLUMNS), None)
    pictures = [name for name in schema.names if name.lower() in PICTURE_COLUMNS and name != label][:1]
    if label is None or not pictures and len(schema.names) < 5:
        raise TableError("A Parquet file needs a column `label` and a column `image`, or a column for each pixel.")
    return label, pictures or [name for name in schema.names if name != label]


def _read_batch(batch: Any, label: str, pictures: list[str]) -> dict[str, Any]:
    """Return the arrays of some rows. Raises TableError and pyarrow's errors."""
    import numpy as np

    if batch.column(label).null_count:
        raise TableError("Some labels in the Parquet file are missing.")
    labels = batch.column(label).to_numpy(zero_copy_only=False)
    if labels.dtype == object:
        labels = np.array([str(one) for one in labels])
    columns = [batch.column(name) for name in pictures]
    if any(column.null_count for column in columns):
        raise TableError("Some pictures in the Parquet file are missing.")
    if len(columns) > 1:
        return {"labels": labels, "pixels": np.stack([one.to_numpy(zero_copy_only=False) for one in columns], 1)}
    return {"labels": labels, **_read_pictures(columns[0])}


def _read_pictures(column: Any) -> dict[str, Any]:
    """Return a column's files, or its lists of pixels as rows. Raises TableError."""
    import numpy as np
    import pyarrow as pa

    rows = len(column)
    if pa.types.is_struct(column.type):  # Hugging Face: bytes and path
        column = column.field("bytes")
    if pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type):
        files = [one or b"" for one in column.to_pylist()]
        return {
            "lengths": np.array(list(map(len, files))),
            "content": np.frombuffer(b"".join(files), np.uint8),
        }
    while pa.types.is_nested(column.type):
        column = column.flatten()
    values = column.to_numpy(zero_copy_only=False)
    if len(values) % rows or values.dtype == object:
        raise TableError("The pictures in the Parquet file have different sizes, or are no pictures.")
    return {"pixels": values.reshape(rows, -1)}


def _find_class_names(schema: Any, label: str) -> list[str]:
    """Return the names of the labels 0, 1, ... as Hugging Face keeps them; none where it does not say."""
    try:
        about = json.loads((schema.metadata or {})[b"huggingface"])
        return [str(name) for name in about["info"]["features"][label]["names"]][:1000]
    except (KeyError, TypeError, ValueError):
        return []


if __name__ == "__main__":
    main()
