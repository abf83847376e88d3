"""Titles and notes of runs: no two networks of a visitor have the same title, also after a run was renamed."""

import pytest

from core.jobs import network_files, run_titles, trained_networks
from core.jobs.run_folders import Job, JobError, load_job
from core.zoo import checkpoints
from tests.train_page import ANN

pytestmark = pytest.mark.usefixtures("runs")


def test_a_renamed_network_has_its_new_title_everywhere(job: Job) -> None:
    assert run_titles.rename(job.id, "  round digits ") == "round digits"
    (card,) = trained_networks.list_networks(ANN).values()
    assert load_job(job.id).title == card.title == "round digits"
    exported = network_files.export_network(job.folder, load_job(job.id).title)
    assert network_files.read_network(exported)[0].title == "round digits"


def test_two_networks_of_one_visitor_never_get_the_same_title(job: Job) -> None:
    other = network_files.import_network(network_files.export_network(job.folder), ANN)
    assert run_titles.rename(other.id, job.title) == f"{job.title} (2)"
    assert run_titles.rename(other.id, f"{job.title} (2)") == f"{job.title} (2)", "its own title is free"
    with pytest.raises(JobError, match="^Type a name first.$"):
        run_titles.rename(other.id, " ")
    assert run_titles.unique_title(job.title, "bob") == job.title, "others see only their own"


def test_a_network_is_not_called_as_a_shipped_one(job: Job) -> None:
    shipped = checkpoints.load_card("standard").title
    assert run_titles.rename(job.id, shipped) == f"{shipped} (2)"


def test_notes_are_kept_and_have_an_end(job: Job) -> None:
    run_titles.write_notes(job.id, " more dropout next time\n")
    assert load_job(job.id).notes == "more dropout next time"
    with pytest.raises(JobError, match="^Notes have at most 400 characters.$"):
        run_titles.write_notes(job.id, "x" * 401)
