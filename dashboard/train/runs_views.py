"""The view "Runs" of the page "Train": a table of all runs; one of them is renamed, trained again, kept or deleted."""

import streamlit as st

from core.digits.datasets import Dataset
from core.jobs import control, limits, run_folders
from core.jobs.run_folders import MAX_BYTES, MAX_RUNS, Job
from core.jobs.run_overview import describe_run
from dashboard.server.caches import Zoo
from dashboard.server.session import Session
from dashboard.train import run_naming
from dashboard.train.download_views import show_run_downloads, show_shipped_downloads
from dashboard.train.run_table import to_table
from dashboard.train.setup_views import JOB
from dashboard.train.upload_views import show_loaded, show_upload
from dashboard.train.watch_views import choose_run, explain_no_runs
from dashboard.widgets import jobs

DAY = 24 * 3600  # seconds


def show_runs(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Show the table of all runs, what can be done with one of them, the upload of a network, and the disk space."""
    show_loaded()
    mine = jobs.my_jobs()
    if mine:
        st.table(to_table([(job, describe_run(job)) for job in mine]))
    own, upload = st.columns(2, gap="large")
    with own:
        if mine:
            job = choose_run(mine)
            run_naming.show_actions(job)
            show_run_downloads(job)
            _show_keeping(job)
        else:
            explain_no_runs()
    with upload:
        st.markdown("**Load a network**")
        show_upload(data)
        show_shipped_downloads()
    jobs.show_problem()
    _show_disk_use()


def _show_disk_use() -> None:
    count, taken = len(limits.list_ended()), run_folders.disk_use()
    st.progress(
        min(1.0, taken / MAX_BYTES),
        f"Networks and ended jobs of all visitors: {count} of {MAX_RUNS} places, {taken / 1e6:.1f} of "
        f"{MAX_BYTES / 1e6:.0f} MB. {limits.WHICH_GO_FIRST}",
    )


def _show_keeping(job: Job) -> None:
    kept = run_folders.is_kept(job)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Stop keeping" if kept else "Keep",
            on_click=jobs.attempt,
            args=(_keep, job, not kept),
            key="keep",
            help="When the disk space is full, old networks are deleted, but not those you keep.",
        )
        with st.popover("Delete", disabled=run_folders.read_status(job).active):
            st.markdown(f"Delete *{job.title}* for good?")
            st.button("Delete it", on_click=_delete, args=(job,), key="delete", type="primary")
    days = f"{run_folders.KEPT_LIFETIME / DAY:.0f} days"
    words = (
        f"You keep it, for {days} from when you pressed the button."
        if kept
        else f"It may be deleted when space is needed, unless you keep it for {days}."
    )
    st.caption(f"{run_folders.disk_use(job.folder) / 1e6:.1f} MB. {words}")


def _keep(job: Job, kept: bool) -> None:
    """Keep a run, or stop keeping it. Raises JobError if too many are kept."""
    control.keep(job, kept=kept)


def _delete(job: Job) -> None:
    jobs.attempt(control.remove, job.id)
    st.session_state.pop(JOB, None)
