"""What strangers may try: names that are HTML, Markdown or paths, requests of other pages and for other files."""

import http.client
import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
import torch
from PIL import Image
from streamlit.testing.v1 import AppTest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from core.classroom.lessons import read_lesson
from core.digits import pictures
from core.digits.pictures import read_picture
from core.jobs import control, network_files, run_folders, training_job
from core.jobs.run_folders import Job
from core.jobs.training_changes import load_changes
from core.jobs.training_job import NETWORK_NAME
from core.jobs.watched_digits import WatchedStep
from core.networks import evaluation
from core.networks.classifier import build
from core.system import interrupts
from core.system.safe_names import to_safe_name
from core.transfer.uploaded_pictures import read_uploads
from core.zoo import checkpoints
from dashboard.lessons import views
from dashboard.server import caches, locks, process
from dashboard.server.streamlit_internals import script_runs
from tests.hostile_files import (
    SMALL,
)
from tests.pages import go_to, open_page, press, rerun
from tests.sentences import assert_one_sentence
from tests.train_page import ANN, open_as_ann, show_view
from tests.transfer_page import choose_source, open_view, photograph, upload
from tests.visitor import run
from tests.zip_files import zipped

pytestmark = pytest.mark.usefixtures("runs")
HTML = "<img src=x onerror=alert(1)>"
MARKDOWN = "![](http://127.0.0.1:9/x) [a](//b)"
PATH = "../../x"


def raw_html(app: AppTest) -> str:
    """Return everything that the browser takes for HTML."""
    marked = [one.value for one in app.markdown if one.proto.allow_html]
    return "".join([*marked, *(one.proto.body for one in app.get("html"))])


def rename(job: Job, title: str) -> None:
    """Give a run, and the network in it, the title that somebody has typed."""
    for path in (job.folder / "job.json", job.folder / f"{NETWORK_NAME}.json"):
        path.write_text(json.dumps({**json.loads(path.read_text()), "title": title}))


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        (HTML, "img src x onerror alert(1)"),
        (MARKDOWN, "(http: 127.0.0.1:9 x) a ( b)"),
        (PATH, ".. .. x"),
        ("mine, 2 epochs (Adam)", "mine, 2 epochs (Adam)"),
        ("Größe 50 %", "Größe 50 %"),
        ("\0\n\u202e", ""),
        ("a" * 50, "a" * 40),
    ],
)
def test_a_stranger_s_name_loses_what_makes_tags_links_and_pictures(name: str, kept: str) -> None:
    assert to_safe_name(name) == kept


@pytest.mark.parametrize("title", [HTML, PATH])
def test_a_typed_name_is_only_ever_words(title: str, job: Job) -> None:
    rename(job, title)
    app = open_as_ann()
    for view in ("Watch", "Result", "Compare", "Runs"):
        assert HTML not in raw_html(show_view(app, view)), view
    app.query_params.update({"sample": "3"})
    app = go_to(app, "compare")
    app.session_state["networks"] = ["standard", *caches._networks_of(ANN)]
    assert HTML not in raw_html(rerun(app))
    assert {path.name for path in run_folders.runs_folder().parent.iterdir()} == {"runs"}


def test_a_brought_network_s_name_and_card_make_no_links_or_pictures(job: Job) -> None:
    rename(job, MARKDOWN)
    taken = network_files.import_network(network_files.export_network(job.folder), ANN)
    assert taken.title == to_safe_name(MARKDOWN) and "![" not in taken.title
    card = json.loads((job.folder / f"{NETWORK_NAME}.json").read_text())
    weights = (f"{NETWORK_NAME}.safetensors", (job.folder / f"{NETWORK_NAME}.safetensors").read_bytes())
    foreign = zipped((f"{NETWORK_NAME}.json", json.dumps({**card, "name": MARKDOWN}).encode()), weights)
    with pytest.raises(ValueError, match="belongs to another network") as refusal:
        network_files.import_network(foreign, ANN)
    assert "![" not in str(refusal.value)


def test_classes_and_pictures_of_one_s_own_may_be_called_anything() -> None:
    app = choose_source(open_view("New classes"), "Your own")
    app.text_input(key="transfer class 0").set_value(HTML[:30])
    for number, stripes in enumerate(("across", "down")):
        files = [(f"{HTML}{one}.png", photograph(one, stripes)) for one in range(0, 100, 10)]
        upload(app, number, *files, (f"{MARKDOWN}.png", b"no picture"))
    assert "<img src=x" not in raw_html(app)
    (note, *_) = [one.value for one in app.caption if "left out" in one.value]
    assert "![" not in note and "](" not in note
    assert any("accuracy on held-out pictures" in one.proto.body for one in app.get("html"))


@pytest.mark.parametrize("page", ["compare", "train", "results", "quiz", "lessons"])
def test_an_address_of_anything_shows_none_of_it_as_html(page: str) -> None:
    known = ("networks", "sample", "digit", "erased", "view", "lesson", "room", "unknown")
    app = open_page(page, **{name: f"{HTML} {MARKDOWN} {PATH}" for name in known})
    assert HTML not in raw_html(app) and "alert(1)" not in raw_html(app)
    assert not any("![](" in one.value for one in (*app.markdown, *app.warning, *app.error, *app.info))


# Damaged files in a run folder


DAMAGE = {
    "steps.jsonl": (
        b"[" * 30,
        b'{"a": 1}',
        b"3",
        b"\xff",
        b'{"epoch": "x"}',
        b"1" * 5000,
        b"null",
        b'{"epoch": 1e4000}',
    ),
    "job.json": (b'"settings": []', b'"settings": {"config": []}', b'"settings": {"config": {"epochs": "x"}}'),
    "network.json": (b"[" * 3000, b"{}", b'{"dataset": 3}', b"1e4000", b"\xff\xfe", b""),
    "status.json": (b"[]", b'{"state": 3}', b"[" * 3000),
    "wish.json": (b'{"changes": {"learning_rate": "x"}}', b'{"changes": {"momentum": 2}}', b"9" * 5000),
    "changes.json": (b"[]", b'{"changes": [{"epoch": 1, "batch": "x", "changes": {}}]}', b"[" * 3000),
}


def damage(job: Job, name: str, content: bytes) -> None:
    """Write foreign content into a file of a run; `job.json` keeps its other settings."""
    path = job.folder / name
    if name == "job.json":
        described = json.loads(path.read_text())
        content = json.dumps({**described, **json.loads(b"{" + content + b"}")}).encode()
    if name == "steps.jsonl":
        content = path.read_bytes() + content + b"\n"
    path.write_bytes(content)


@pytest.mark.parametrize(("name", "content"), [(name, one) for name, kinds in DAMAGE.items() for one in kinds])
def test_a_damaged_file_of_a_run_is_one_sentence_for_its_parts_and_nothing_for_others(
    name: str, content: bytes, job: Job
) -> None:
    damage(job, name, content)
    assert [one.id for one in run_folders.list_jobs(ANN)] == [job.id], "its owner still sees it, and can delete it"
    for read in (
        lambda: run_folders.read_steps(job.id, record=WatchedStep),
        lambda: training_job.read_plan(run_folders.load_job(job.id).settings),
        lambda: checkpoints.load_classifier(NETWORK_NAME, job.folder),
        lambda: load_changes(job.folder),
    ):
        try:
            read()
        except ValueError as refusal:
            assert_one_sentence(refusal)
    assert run_folders.read_status(job).state in ("done", "lost")
    assert run_folders.read_request(job) == run_folders.JobRequest()


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("steps.jsonl", b'{"a": 1}', "The records of this run are damaged"),
        ("job.json", b'"settings": []', "These settings of a training cannot be read"),
    ],
)
def test_a_damaged_run_is_a_sentence_on_every_view(name: str, content: bytes, says: str, job: Job) -> None:
    damage(job, name, content)
    app = open_as_ann("Watch")
    assert any(says in one.value for one in app.warning)
    app = show_view(app, "Compare")
    assert any(says in one.value for one in app.warning)
    for view in ("Result", "Runs"):
        app = show_view(app, view)
    rerun(app)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff", b"[" * 3000, b'{"kind": "train"}'])
def test_a_run_that_cannot_be_read_is_a_sentence_for_its_owner_alone(content: bytes, job: Job) -> None:
    (job.folder / "job.json").write_bytes(content)
    other = open_page("train", state={"visitor": "b" * 32})
    assert not [one for one in other.warning if "damaged" in one.value]
    app = open_as_ann()
    assert [one.value for one in app.warning if "damaged" in one.value] == [
        "One of your runs is damaged on the server's disk and cannot be shown or resumed."
    ]
    app = press(app, "delete damaged")
    assert not app.warning and not job.folder.exists()


def test_whoever_deletes_everything_deletes_damaged_runs_too(job: Job) -> None:
    (job.folder / "job.json").write_bytes(b"{")
    control.remove_all("b" * 32)
    assert job.folder.exists()
    control.remove_all(ANN)
    assert not job.folder.exists()


UPLOADS = [  # pages on which a picture is uploaded, and what chooses the upload there
    ("compare", "", {}),
    ("convolution", "One number", {}),
    ("convolution", "Filters by hand", {}),
    ("convolution", "Filters by hand", {"of": "A colour picture"}),
    ("convolution", "Whole network", {}),
    ("feature_maps", "", {}),
    ("missing_features", "", {}),
    ("similarity", "", {}),
    ("why", "", {}),
]


@pytest.mark.parametrize(("page", "view", "params"), UPLOADS)
def test_an_uploaded_picture_is_opened_while_others_strokes_go_on(
    page: str, view: str, params: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[bool] = []

    def read(content: bytes) -> Image.Image:
        with ThreadPoolExecutor(1) as other:
            opened.append(other.submit(locks.LIVE.acquire, timeout=5).result())
            other.submit(locks.LIVE.release).result()
        return read_picture(content)

    monkeypatch.setattr(pictures, "read_picture", read)
    app = open_page(page, **({"view": view} if view else {}), **params)
    if not params:
        app.segmented_control(key="source").set_value("Upload")
        rerun(app)
    (uploader,) = app.get("file_uploader")
    uploader.set_value([("seven.png", photograph(0, "across"), "image/png")])
    rerun(rerun(app))
    assert opened and all(opened) and (params or len(opened) == 1), "a digit is opened only once"


def test_what_a_closed_tab_began_ends_after_the_batch_that_is_read_now(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server's check looks for the tab; here it leaves after two batches of a measurement that takes eighty."""
    process.prepare_once()
    assert script_runs.end_closed_run in interrupts._checks, "the server installs its check"
    read: list[int] = []

    def leave() -> None:
        if len(read) == 2:
            raise InterruptedError
        read.append(1)

    monkeypatch.setattr(interrupts, "_checks", [leave])
    with pytest.raises(InterruptedError):
        evaluation.predict(build(SMALL).eval(), torch.zeros(10_000, 1, 28, 28))
    with pytest.raises(InterruptedError):
        read_uploads([("a.png", photograph(0, "across"))])


def test_a_lesson_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[bytes] = []
    monkeypatch.setattr(
        views, "read_lesson", lambda content, check: read.append(content) or read_lesson(content, check)
    )
    app = open_page("lessons")
    (uploader,) = app.get("file_uploader")
    uploader.set_value([("a.yaml", b"title: t\nsteps: [{page: why, text: x}]", "application/yaml")])
    rerun(rerun(app))
    assert len(read) == 1 and app.session_state["lesson upload/read"].title == "t"


# The server itself


def ask(address: str, method: str, path: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=30)
    with closing(connection):
        connection.request(method, path)  # as it is: no client of ours takes ".." out of it
        answer = connection.getresponse()
        return answer.status, answer.read()


@pytest.mark.parametrize("folder", ["/", "/app/static/", "/media/", "/component/x/", "/_stcore/bidi-components/x/"])
@pytest.mark.parametrize("up", ["../", "..%2f", "%2e%2e/"])
def test_no_address_leads_to_a_file_of_the_project(server: str, folder: str, up: str) -> None:
    for name in ("README.md", "requirements.txt", "etc/passwd"):
        status, content = ask(server, "GET", f"{folder}{up * 4}{name}")
        assert status >= 400 or b"<title>Streamlit</title>" in content
        assert b"root:" not in content and b"streamlit==" not in content


def test_another_site_s_page_can_upload_nothing_and_open_no_session(server: str) -> None:
    assert ask(server, "PUT", "/_stcore/upload_file/a/b")[0] == 403
    assert ask(server, "DELETE", "/_stcore/upload_file/a/b")[0] == 403

    async def open_from(origin: str) -> None:
        stream = f"{server.replace('http', 'ws', 1)}/_stcore/stream"
        async with connect(stream, subprotocols=["streamlit"], origin=origin):  # type: ignore[arg-type, list-item]
            pass

    run(open_from(server))
    with pytest.raises(InvalidStatus):
        run(open_from("http://elsewhere.example"))
