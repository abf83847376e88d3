"""Download a data set: every archive is streamed, checked and unpacked before the set is put in place.

Addresses and checksums are torchvision's own; `datasets` knows the files. The package pooch has no fallback mirrors, no
check by the start of a checksum (as VGG16's weights need), and reports progress only to callbacks.
"""

import hashlib
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from core.digits.datasets import PROJECT_DATA, DatasetError, find_layout, read_dataset
from core.digits.layouts import LAYOUTS
from core.system import locks

MIRROR_VARIABLE, OFF = "NEGATIVE_SPACE_MIRROR", "off"
TIMEOUT = 10.0  # seconds of silence after which a mirror counts as dead
CHUNK = 64 * 1024  # bytes
STEP_EVERY = 0.2  # seconds: as often as a page can usefully redraw a progress bar
PARTIAL, LOCK = ".partial-", "lock"  # prefix of an unfinished set's folder, and the file in it that is locked


class DownloadError(DatasetError):
    """A download that failed; the message is one sentence for the user."""


@dataclass(frozen=True)
class Source:
    """The addresses of a set's archives: a mirror plus "/" plus an archive's name; the md5 checks the archive."""

    mirrors: tuple[str, ...]
    archives: tuple[tuple[str, str], ...]  # (name, md5)


@dataclass(frozen=True)
class DownloadStep:
    """The progress: bytes `received` of `total` (None: unknown) of `file`, after `done_files` of `files`."""

    file: str
    received: int
    total: int | None
    done_files: int
    files: int

    @property
    def share(self) -> float:
        """The share of the whole download, 0 to 1; every file counts the same, as sizes are unknown beforehand."""
        part = min(self.received / self.total, 1.0) if self.total else 0.0
        return min((self.done_files + part) / self.files, 1.0)


def official_source(name: str) -> Source:
    """Return the source of a set from torchvision's own tables."""
    layout = find_layout(name)
    from torchvision import datasets as vision  # takes a second to import

    kind = getattr(vision, layout.kind)
    if layout.kind == "EMNIST":  # one archive with every EMNIST set
        addressed = [(kind.url, kind.md5)]
    elif layout.kind == "QMNIST":
        addressed = [*kind.resources["train"], *kind.resources["test"]]
    else:
        return Source(tuple(mirror.rstrip("/") for mirror in kind.mirrors), tuple(kind.resources))
    mirror = addressed[0][0].rpartition("/")[0]
    return Source((mirror,), tuple((address.rpartition("/")[2], md5) for address, md5 in addressed))


def download(
    name: str = "MNIST", root: Path | None = None, *, mirror: str | None = None, source: Source | None = None
) -> Generator[DownloadStep, None, None]:
    """Download a set into `root` (default: the project's `data/`); yield a step every 0.2 s and after each file.

    `mirror` (default: NEGATIVE_SPACE_MIRROR) is tried before the official ones, as `<mirror>/<torchvision class>` and
    as it is; "off" there downloads nothing. A complete set that is there is kept; a damaged one is replaced. Close the
    generator to cancel: no file remains. Raises DatasetError, nearly always a DownloadError.
    """
    root = root or PROJECT_DATA
    if _is_whole(name, root):
        return
    source = source or official_source(name)
    kind = find_layout(name).kind
    own = mirror or os.environ.get(MIRROR_VARIABLE, "")
    if own == OFF:
        raise DownloadError(f"{name} is not downloaded: {MIRROR_VARIABLE} is {OFF!r} on this machine.")
    mirrors = ([f"{own.rstrip('/')}/{kind}", own.rstrip("/")] if own else []) + list(source.mirrors)
    try:
        with _partial_folder(root) as folder:
            files = len(source.archives)
            for done, (file, md5) in enumerate(source.archives):
                for received, total in _fetch(name, mirrors, folder / file, md5):
                    yield DownloadStep(file, received, total, done, files)
            _unpack(folder, kind)
            read_dataset(name, folder, "downloaded")
            yield DownloadStep(file, 0, None, files, files)  # the last chance to cancel
            _put_in_place(name, folder, root)
    except OSError as error:
        why = error.strerror or error
        raise DownloadError(f"{name} could not be stored in the folder {root.name}: {why}.") from error


class BackgroundDownload:
    """A daemon thread that runs `download` or other `steps`; read `step`, `error` and `finished`."""

    def __init__(
        self,
        name: str = "MNIST",
        root: Path | None = None,
        *,
        mirror: str | None = None,
        source: Source | None = None,
        steps: Generator[DownloadStep, None, None] | None = None,
    ) -> None:
        self.name = name
        self.step: DownloadStep | None = None
        self.error: str | None = None
        self._steps = steps or download(name, root, mirror=mirror, source=source)
        self._cancelled = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"download {name}", daemon=True)
        self._thread.start()

    @property
    def finished(self) -> bool:
        """Whether the thread has ended and cleaned up: done, with an `error`, or cancelled."""
        return not self._thread.is_alive()

    @property
    def cancelled(self) -> bool:
        """Whether `cancel` was called."""
        return self._cancelled.is_set()

    def cancel(self) -> None:
        """Stop the thread and remove its files at its next step; within TIMEOUT seconds when a mirror is silent."""
        self._cancelled.set()

    def _run(self) -> None:
        try:
            for step in self._steps:
                self.step = step
                if self.cancelled:
                    break
        except DatasetError as error:
            self.error = str(error)
        except Exception as error:
            self.error = f"{self.name} could not be downloaded: {type(error).__name__}: {error}."
            raise  # a bug: the page shows the sentence, the log has the traceback
        finally:
            self._steps.close()


def _is_whole(name: str, root: Path) -> bool:
    try:
        read_dataset(name, root, "")
    except DatasetError:
        return False
    return True


@contextmanager
def _partial_folder(root: Path) -> Iterator[Path]:
    """Make a temporary folder beside the sets, after removing those that killed downloads left behind."""
    root.mkdir(parents=True, exist_ok=True)
    for left in root.glob(f"{PARTIAL}*"):
        with suppress(OSError):
            if lock := locks.acquire(left / LOCK):  # else a running download holds it
                shutil.rmtree(left, ignore_errors=True)
                lock.close()
    folder = Path(tempfile.mkdtemp(prefix=PARTIAL, dir=root))
    try:
        with locks.hold(folder / LOCK):
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _fetch(name: str, mirrors: list[str], target: Path, md5: str) -> Iterator[tuple[int, int | None]]:
    """Stream one archive from the first mirror that has it, and try that mirror first for the next archive."""
    problems = []
    for mirror in list(mirrors):
        try:
            yield from stream_file(f"{mirror}/{target.name}", target, md5)
        except (OSError, ValueError, HTTPException) as error:
            problems.append(f"{urlsplit(mirror).netloc or mirror}: {describe_fault(error)}")
        else:
            mirrors.remove(mirror)
            mirrors.insert(0, mirror)
            return
    raise DownloadError(f"{name} could not be downloaded: no mirror gave {target.name} ({'; '.join(problems)}).")


def stream_file(address: str, target: Path, checksum: str, algorithm: str = "md5") -> Iterator[tuple[int, int | None]]:
    """Download one file; yield the bytes received and expected (None: unknown).

    `checksum` is the hexadecimal digest or its start. Raises OSError, HTTPException, and ValueError for a wrong file.
    """
    digest, received, shown = hashlib.new(algorithm, usedforsecurity=False), 0, time.monotonic()
    request = Request(address, headers={"User-Agent": "negative-space"})
    with urlopen(request, timeout=TIMEOUT) as response, target.open("wb") as file:
        total = int(response.headers["Content-Length"]) if response.headers["Content-Length"] else None
        while chunk := response.read1(CHUNK):  # read1 returns what has arrived, so a slow download can be cancelled
            file.write(chunk)
            digest.update(chunk)
            received += len(chunk)
            if time.monotonic() - shown >= STEP_EVERY:
                shown = time.monotonic()
                yield received, total
    if total is not None and received < total:
        raise ValueError(f"broke off after {received:,} of {total:,} bytes")
    if not digest.hexdigest().startswith(checksum):
        raise ValueError(f"sent another file (wrong {algorithm})")
    yield received, total


def describe_fault(error: Exception) -> str:
    """Return in a few words why a download failed."""
    if isinstance(error, HTTPError):
        error.close()
        return f"answered {error.code}"
    cause = getattr(error, "reason", error)  # URLError wraps the cause
    return str(getattr(cause, "strerror", None) or cause or type(cause).__name__)


def _unpack(folder: Path, kind: str) -> None:
    """Unpack the archives in `folder` to torchvision's layout, without those that no set needs (most of EMNIST)."""
    from torchvision.datasets.utils import extract_archive

    raw = folder / kind / "raw"
    raw.mkdir(parents=True)
    for archive in folder.glob("*.zip"):
        extract_archive(str(archive), str(folder / "unzipped"), remove_finished=True)
    wanted = {path.name for layout in LAYOUTS.values() if layout.kind == kind for path in layout.paths(folder)}
    for packed in sorted(folder.rglob("*.gz")):
        if packed.stem in wanted:
            extract_archive(str(packed), str(raw), remove_finished=True)


def _put_in_place(name: str, folder: Path, root: Path) -> None:
    kind = find_layout(name).kind
    try:
        os.replace(folder / kind, root / kind)
    except OSError:  # the folder exists: from a faster download, damaged, or with another set of the same kind
        if not _is_whole(name, root):
            (root / kind / "raw").mkdir(parents=True, exist_ok=True)
            for file in (folder / kind / "raw").iterdir():
                os.replace(file, root / kind / "raw" / file.name)
