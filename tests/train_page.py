"""The page "Train" for tests: a small network to set up, and the page as its visitor, Ann, sees it."""

from streamlit.testing.v1 import AppTest

from core.digits import datasets
from core.jobs import run_folders
from core.jobs.run_folders import Job
from core.networks.composing import Block, compose
from tests.pages import open_page, rerun

ANN = "a" * 32
ARCHITECTURE = compose([Block(filters=4, size=5)], [20])
SETTINGS = {
    "architecture": ARCHITECTURE.to_dict(),
    "dataset": datasets.OFFLINE,
    "config": {"epochs": 2, "batch": 16, "optimizer": "adam", "learning_rate": 0.003, "report_every": 1},
}
FIELDS = {"block-1-filters": 4, "block-1-size": 5, "blocks": 1, "hidden": 20}


def set_up(visitor: str = "", **chosen: object) -> AppTest:
    """Open the page with a small network of one's own and the offline digits."""
    app = open_page("train", state={"visitor": visitor} if visitor else {})
    app.selectbox(key="train preset").set_value("assignment: one conv")
    rerun(app)
    app.selectbox(key="train network").set_value("your own")
    app.selectbox(key="train dataset").set_value(datasets.OFFLINE)
    rerun(app)
    for name, value in {**FIELDS, "epochs": 2, "batch": 16, **chosen}.items():
        app.number_input(key=f"train {name}").set_value(value)
    return rerun(app)


def show_view(app: AppTest, view: str) -> AppTest:
    """Choose another view of the page."""
    app.segmented_control(key="train view").set_value(view)
    return rerun(app)


def open_as_ann(view: str = "Set up") -> AppTest:
    """Open a view of the page as the visitor Ann."""
    return open_page("train", state={"visitor": ANN, "train view": view})


def only_job() -> Job:
    """Return the job; fail where there is none or more than one."""
    (job,) = run_folders.list_jobs()
    return job
