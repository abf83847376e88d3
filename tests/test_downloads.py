"""Fetching a set (D8) from a real web server on this machine that serves small made sets with their own md5."""

import gzip
import hashlib
import io
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from core.digits import datasets, downloads
from core.digits.datasets import STORED_DATASETS, DatasetError
from core.digits.downloads import BackgroundDownload, DownloadError, DownloadStep, Source, download
from core.digits.layouts import LAYOUTS
from dashboard.server import data_sets
from dashboard.server.downloads import SharedDownload
from dashboard.shell.set_fetching import describe_size
from tests.mirror import NOBODY
from tests.set_files import make_set


def make_archives(folder: Path, name: str = "MNIST", seed: int = 0) -> dict[str, bytes]:
    """Pack a small made set as the set's own mirrors do."""
    paths = LAYOUTS[name].paths(make_set(folder, name, train=120, test=60, seed=seed))
    packed = {f"{path.name}.gz": gzip.compress(path.read_bytes()) for path in paths}
    if not name.startswith("EMNIST"):
        return packed
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        for file, body in {**packed, "emnist-byclass-mapping.txt.gz": gzip.compress(b"not wanted")}.items():
            archive.writestr(f"gzip/{file}", body)
    return {"gzip.zip": whole.getvalue()}


def source_of(files: dict[str, bytes], *mirrors: str) -> Source:
    return Source(mirrors, tuple((file, hashlib.md5(body).hexdigest()) for file, body in files.items()))


@pytest.fixture
def archives(tmp_path):
    return make_archives(tmp_path / "made")


@pytest.fixture
def root(tmp_path):
    return tmp_path / "data"


def left_in(root: Path) -> list[str]:
    return sorted(path.name for path in root.iterdir()) if root.exists() else []


def test_nothing_is_downloaded_where_downloads_are_switched_off(root, monkeypatch):
    monkeypatch.setenv(downloads.MIRROR_VARIABLE, downloads.OFF)
    with pytest.raises(DownloadError, match="MNIST is not downloaded: NEGATIVE_SPACE_MIRROR is 'off'"):
        list(download("MNIST", root))
    assert left_in(root) == []


@pytest.mark.parametrize("name", STORED_DATASETS)
def test_d8_a_downloaded_set_loads_through_torchvisions_own_unpacking(mirrors, tmp_path, root, name):
    files = make_archives(tmp_path / "made", name)
    list(download(name, root, source=source_of(files, mirrors(files).address)))
    loaded = datasets.read_dataset(name, root, "downloaded")
    assert len(loaded.train) == 100 and len(loaded.test) == 60
    assert loaded.sha256 == datasets.read_dataset(name, tmp_path / "made", "made").sha256
    assert left_in(root) == [LAYOUTS[name].kind]
    assert left_in(root / LAYOUTS[name].kind / "raw") == sorted(path.name for path in LAYOUTS[name].paths(root))


def test_d8_one_download_serves_all_sets_of_emnist(mirrors, tmp_path, root, monkeypatch):
    letters = make_set(tmp_path / "made", "EMNIST letters", train=120, test=60)
    (archive,) = make_archives(tmp_path / "made", "EMNIST digits").values()
    whole = io.BytesIO(archive)
    with zipfile.ZipFile(whole, "a") as both:
        for path in LAYOUTS["EMNIST letters"].paths(letters):
            both.writestr(f"gzip/{path.name}.gz", gzip.compress(path.read_bytes()))
    files = {"gzip.zip": whole.getvalue()}
    list(download("EMNIST digits", root, source=source_of(files, mirrors(files).address)))
    assert list(download("EMNIST letters", root, source=source_of(files, NOBODY))) == []
    assert len(datasets.read_dataset("EMNIST letters", root, "downloaded").test) == 60


def test_d8_the_list_names_the_size_of_a_shared_download_once(monkeypatch):
    emnist = [name for name in STORED_DATASETS if name.startswith("EMNIST")]
    monkeypatch.setattr(data_sets, "list_absent", lambda: ["KMNIST", *emnist])
    shown = [describe_size(name) for name in ("KMNIST", *emnist)]
    assert shown[:2] == ["KMNIST (fetch, about 21 MB)", f"{emnist[0]} (fetch all 5 sets of EMNIST, about 562 MB)"]
    assert shown[2:] == [f"{name} (part of the same download)" for name in emnist[1:]]


def test_d8_load_takes_the_set_that_was_downloaded(mirrors, archives, root, monkeypatch):
    monkeypatch.setattr(datasets, "PROJECT_DATA", root)
    monkeypatch.setattr(downloads, "official_source", lambda name: source_of(archives, mirrors(archives).address))
    for _ in downloads.download("MNIST", datasets.PROJECT_DATA):
        pass
    assert datasets.load("MNIST").source == "the folder data"
    assert datasets.load("MNIST").source == "the folder data"


@pytest.mark.parametrize("name", STORED_DATASETS)
def test_d8_the_addresses_and_checksums_are_torchvisions(name):
    source = downloads.official_source(name)
    assert source.mirrors and all(mirror.startswith("http") and not mirror.endswith("/") for mirror in source.mirrors)
    assert len(source.archives) == (1 if name.startswith("EMNIST") else 4)
    assert all("/" not in file and len(md5) == 32 for file, md5 in source.archives)


# Progress


def test_d8_progress_adds_up(mirrors, archives, root):
    mirror = mirrors(archives, pause=0.03)
    steps = list(download("MNIST", root, source=source_of(archives, mirror.address)))
    shares = [step.share for step in steps]
    assert shares == sorted(shares) and shares[-1] == 1.0 and 0 < shares[0] < 0.5
    last = {step.file: step.received for step in steps if step.done_files < step.files}
    assert last == {file: len(body) for file, body in archives.items()}
    assert len(steps) > len(archives) + 1  # the large file is seen on its way, not only at its end


def test_d8_a_share_is_known_without_a_length():
    assert DownloadStep("a", 500, None, 1, 4).share == 0.25
    assert DownloadStep("a", 500, 1000, 1, 4).share == 0.375


# Cancelling


def test_d8_closing_midway_leaves_nothing(mirrors, archives, root):
    steps = download("MNIST", root, source=source_of(archives, mirrors(archives, pause=0.05).address))
    assert next(steps).share < 0.5
    assert len(left_in(root)) == 1
    steps.close()
    assert left_in(root) == []


def test_d8_closing_at_the_last_step_still_puts_nothing_in_place(mirrors, archives, root):
    steps = download("MNIST", root, source=source_of(archives, mirrors(archives).address))
    next(step for step in steps if step.share == 1.0 and step.done_files == step.files)
    steps.close()
    assert left_in(root) == []


# Mirrors that fail


def test_d8_a_dead_mirror_gives_one_sentence_within_seconds(mirrors, archives, root):
    started = time.monotonic()
    with pytest.raises(DownloadError) as caught:
        list(download("MNIST", root, source=source_of(archives, NOBODY, "http://no-such-host.invalid")))
    assert time.monotonic() - started < 5
    sentence = str(caught.value)
    assert sentence.startswith(
        "MNIST could not be downloaded: no mirror gave train-images-idx3-ubyte.gz (127.0.0.1:9: "
    )
    assert "no-such-host.invalid" in sentence and sentence.endswith(".") and "\n" not in sentence
    assert left_in(root) == []


def test_d8_when_the_first_mirror_is_dead_the_second_serves_and_is_then_asked_first(mirrors, archives, root):
    empty, good = mirrors({}), mirrors(archives)
    list(download("MNIST", root, source=source_of(archives, NOBODY, empty.address, good.address)))
    assert left_in(root) == ["MNIST"]
    assert len(empty.asked) == 1 and len(good.asked) == 4


@pytest.mark.parametrize("spoil", ["wrong content", "breaks off", "404", "silence"])
@pytest.mark.slow
def test_d8_what_a_mirror_sends_wrong_is_refused_and_the_next_is_asked(mirrors, archives, root, monkeypatch, spoil):
    monkeypatch.setattr(downloads, "TIMEOUT", 2.0)  # seconds: a good mirror on a busy machine needs some
    wrong = {file: b"x" * len(body) for file, body in archives.items()} if spoil == "wrong content" else archives
    bad = mirrors({} if spoil == "404" else wrong, break_off=spoil == "breaks off", pause=5.0 * (spoil == "silence"))
    said = {
        "wrong content": "wrong md5",
        "breaks off": "broke off after",
        "404": "answered 404",
        "silence": "timed out",
    }
    with pytest.raises(DownloadError, match=said[spoil]):
        list(download("MNIST", root, source=source_of(archives, bad.address)))
    assert left_in(root) == []
    list(download("MNIST", root, source=source_of(archives, bad.address, mirrors(archives).address)))
    assert left_in(root) == ["MNIST"]


@pytest.mark.parametrize("prefix", ["", "MNIST/"])
def test_d8_a_schools_own_mirror_is_asked_first(mirrors, archives, root, monkeypatch, prefix):
    own, official = mirrors({f"{prefix}{file}": body for file, body in archives.items()}), mirrors(archives)
    monkeypatch.setenv(downloads.MIRROR_VARIABLE, f"{own.address}/")
    list(download("MNIST", root, source=source_of(archives, official.address)))
    assert left_in(root) == ["MNIST"] and official.asked == []


def test_d8_a_mirror_that_is_no_address_is_passed_over(mirrors, archives, root):
    list(download("MNIST", root, mirror="our mirror", source=source_of(archives, mirrors(archives).address)))
    assert left_in(root) == ["MNIST"]


def test_d8_archives_that_hold_no_whole_set_are_never_put_in_place(mirrors, tmp_path, root):
    paths = LAYOUTS["MNIST"].paths(make_set(tmp_path / "made"))
    paths[2].write_bytes(paths[2].read_bytes()[:-1])
    files = {f"{path.name}.gz": gzip.compress(path.read_bytes()) for path in paths}
    with pytest.raises(DatasetError, match=f"{paths[2].name} is truncated"):
        list(download("MNIST", root, source=source_of(files, mirrors(files).address)))
    assert left_in(root) == []


def test_d8_a_folder_that_cannot_be_written_gives_one_sentence(mirrors, archives, tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(DownloadError, match="^MNIST could not be stored in the folder .*[.]$"):
        list(download("MNIST", tmp_path / "file" / "data", source=source_of(archives, NOBODY)))


# What is there already


def test_d8_a_whole_set_is_kept_and_nothing_is_fetched(archives, root):
    kept = datasets.read_dataset("MNIST", make_set(root, seed=5), "made").sha256
    assert list(download("MNIST", root, source=source_of(archives, NOBODY))) == []
    assert datasets.read_dataset("MNIST", root, "made").sha256 == kept


def test_d8_a_set_that_another_download_put_there_meanwhile_is_kept(mirrors, archives, root):
    steps = download("MNIST", root, source=source_of(archives, mirrors(archives).address))
    next(steps)
    kept = datasets.read_dataset("MNIST", make_set(root, seed=5), "made").sha256
    list(steps)
    assert datasets.read_dataset("MNIST", root, "made").sha256 == kept and left_in(root) == ["MNIST"]


def test_d8_a_broken_set_is_replaced_and_its_neighbours_are_kept(mirrors, archives, root):
    raw = make_set(root, seed=5) / "MNIST" / "raw"
    (raw / "t10k-labels-idx1-ubyte").unlink()
    (raw / "notes.txt").write_text("ours")
    list(download("MNIST", root, source=source_of(archives, mirrors(archives).address)))
    assert len(datasets.read_dataset("MNIST", root, "made").train) == 100
    assert (raw / "notes.txt").read_text() == "ours"


KILLED = """
import sys
from core.digits.downloads import Source, download
for step in download("MNIST", sys.argv[1], source=Source((sys.argv[2],), ((sys.argv[3], sys.argv[4]),))):
    print("step", flush=True)
"""


@pytest.mark.slow
def test_d8_what_a_killed_download_left_is_removed_by_the_next_and_a_running_one_is_not(mirrors, archives, root):
    slow, fast = mirrors(archives, pause=0.2), mirrors(archives)
    file, md5 = source_of(archives).archives[0]
    script = KILLED.replace("sys.argv[1]", "__import__('pathlib').Path(sys.argv[1])")
    command = [sys.executable, "-c", script, str(root), slow.address, file, md5]
    project = Path(datasets.__file__).parents[2]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=project) as other:
        assert other.stdout is not None and other.stdout.readline() == b"step\n"
        other.send_signal(signal.SIGKILL)
    killed = left_in(root)
    running = download("MNIST", root, source=source_of(archives, slow.address))
    next(running)
    during = left_in(root)
    list(download("MNIST", root, source=source_of(archives, fast.address)))
    after = left_in(root)
    running.close()
    assert len(killed) == len(during) == 1 and killed != during
    assert after == [*during, "MNIST"]
    assert left_in(root) == ["MNIST"]


# In the background


def wait_for(condition, seconds: float = 5.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.01)


def test_d8_a_background_download_shows_its_steps_and_finishes(mirrors, archives, root):
    job = BackgroundDownload("MNIST", root, source=source_of(archives, mirrors(archives, pause=0.03).address))
    wait_for(lambda: job.step is not None)
    assert not job.finished
    wait_for(lambda: job.finished)
    assert job.error is None and job.step.share == 1.0 and left_in(root) == ["MNIST"]


def test_d8_a_background_download_can_be_cancelled_and_leaves_nothing(mirrors, archives, root):
    job = BackgroundDownload("MNIST", root, source=source_of(archives, mirrors(archives, pause=0.05).address))
    wait_for(lambda: job.step is not None)
    job.cancel()
    wait_for(lambda: job.finished)
    assert job.cancelled and job.error is None and left_in(root) == []


def test_d8_a_background_download_tells_its_error_in_a_sentence(mirrors, archives, root):
    job = BackgroundDownload("MNIST", root, mirror=NOBODY, source=source_of(archives, NOBODY))
    wait_for(lambda: job.finished)
    assert job.error.startswith("MNIST could not be downloaded") and left_in(root) == []


def test_d8_a_background_download_of_an_unknown_set_says_so():
    job = BackgroundDownload("CIFAR")
    wait_for(lambda: job.finished)
    assert "no set named 'CIFAR'" in job.error


def test_what_visitors_share_is_downloaded_once_at_a_time() -> None:
    def wait_for_ever():
        while True:
            time.sleep(0.01)
            yield DownloadStep("a file", 0, None, 0, 1)

    shared = SharedDownload(lambda: BackgroundDownload("a file", steps=wait_for_ever()))
    assert shared.last is None, "nothing starts by itself"
    first = shared.start()
    assert shared.start() is first is shared.last
    first.cancel()
    first._thread.join(10)
    second = shared.start()
    assert second is not first and shared.last is second
    second.cancel()
