"""Weights with which a browser computes, each served under the hash of its content, which nobody can guess.

Streamlit's own media files do not serve: they are hashed again in every run and served without a cache's
headers. The weights of a hash never change, so a browser need not ask again for a day.
"""

import re
import threading

from starlette.responses import Response

from core.zoo.browser_layers import LayerList

MAX_BYTES = 64 * 1024**2  # of all that are offered now; of older ones the server computes the answers
PATH = re.compile("/_weights/([0-9a-f]{64})$")
_offered: dict[str, bytes] = {}  # by hash, the one offered last at the end
_lock = threading.Lock()


def offer_weights(part: LayerList) -> str:
    """Return the path, relative to a page, at which browsers get these weights: float32, little-endian."""
    with _lock:
        _offered.pop(part.sha256, None)
        _offered[part.sha256] = part.weights
        while sum(map(len, _offered.values())) > MAX_BYTES:
            del _offered[next(iter(_offered))]
    return f"_weights/{part.sha256}"


def answer(method: str, path: str) -> Response | None:
    """Return the answer to a request for weights; None if it asks for something else."""
    wanted = PATH.search(path) if method == "GET" else None
    if wanted is None:
        return None
    found = _offered.get(wanted[1])
    if found is None:
        return Response(status_code=404, headers={"Cache-Control": "no-store"})
    headers = {"Cache-Control": "private, max-age=86400, immutable"}
    return Response(found, media_type="application/octet-stream", headers=headers)
