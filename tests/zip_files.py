"""ZIP files for tests."""

import io
import zipfile


def zipped(*files: tuple[str, bytes]) -> bytes:
    """Return a ZIP of files, each a name and its content."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return stream.getvalue()
