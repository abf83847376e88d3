"""`python -m core jobs`: what runs, and the doors to it, for people and for machines."""

import json

import pytest

from core.__main__ import main
from core.jobs import control, run_folders
from core.jobs.run_folders import Job
from tests.job_runs import ended, reach, until

pytestmark = pytest.mark.usefixtures("runs")


def count(**settings) -> Job:
    return control.submit("count", "Counting", {"to": 2, **settings}, "ann")


@pytest.fixture
def say(capsys):
    """Run `jobs` with these words; return the JSON answer."""

    def run(*words: str) -> dict:
        assert main(["jobs", *words, "--json"]) == 0
        return json.loads(capsys.readouterr().out)

    return run


def test_list_says_what_runs_and_how_much_disk_it_takes(say, capsys):
    assert say() == {"jobs": [], "bytes": 0}
    first, second = count(to=2000), count()
    reach(first, "running")
    answer = say("list")
    assert [(job["id"], job["state"], job["place"]) for job in answer["jobs"]] == [
        (second.id, "waiting", 1),
        (first.id, "running", None),
    ]
    assert answer["bytes"] > 0
    assert main(["jobs"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == [second.id, "waiting,", "1.", "Counting"]
    assert lines[1].split() == [first.id, "running", "Counting"]
    assert lines[2].startswith("2 runs take 0.0 MB.")


def test_show_tells_all_about_one_run(say, capsys):
    job = count()
    ended(job)
    answer = say("show", job.id)
    assert answer["job"]["settings"] == {"to": 2} and answer["job"]["state"] == "done"
    assert [step["number"] for step in answer["steps"]] == [1, 2]
    assert main(["jobs", "show", job.id]) == 0
    assert "number 2" in capsys.readouterr().out


def test_jobs_are_paused_resumed_stopped_kept_and_removed(say):
    job = count(to=2000)
    reach(job, "running")
    say("pause", job.id)
    reach(job, "paused")
    say("resume", job.id)
    reach(job, "running")
    say("stop", job.id)
    assert ended(job).state == "stopped"
    assert say("keep", job.id)["job"]["kept"]
    assert say("remove", job.id)["job"]["id"] == job.id
    assert say() == {"jobs": [], "bytes": 0}


def test_start_trains_what_a_file_says(say, tmp_path, monkeypatch):
    monkeypatch.setitem(control.KINDS, "train", "tests.counting_job")
    (tmp_path / "my-net.json").write_text('{"to": 3}')
    job = run_folders.load_job(say("start", str(tmp_path / "my-net.json"))["job"]["id"])
    assert (job.kind, job.title, job.visitor, job.settings) == ("train", "my-net", "terminal", {"to": 3})
    until(lambda: run_folders.read_status(job).state == "done")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["show", "nobody"], "There is no run called 'nobody'; it may have been removed for newer ones."),
        (["stop"], "Name the run to stop; `python -m core jobs` lists them."),
        (["start", "none.json"], "none.json cannot be used: No such file or directory."),
        (["start", "README.md"], "README.md holds no JSON that can be read: it is no valid JSON."),
    ],
)
def test_bad_input_is_one_sentence_and_exit_2(capsys, words, said):
    assert main(["jobs", *words]) == 2
    heard = capsys.readouterr()
    assert heard.out == "" and heard.err == f"{said}\n"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("[" * 3000, "odd.json holds no JSON that can be read: it is nested more than 20 levels deep."),
        ('{"seed": ' + "9" * 5000 + "}", "odd.json holds no JSON that can be read: a number has more than 40 digits."),
        ('{"share": 1e4000}', "odd.json holds no JSON that can be read: a number is not finite."),
        ("[]", "These settings of a training cannot be read: "),
        ('{"config": 3}', "These settings of a training cannot be read: "),
        ('{"dataset": {}}', "These settings of a training cannot be read: The setting 'dataset' cannot be ''."),
        ('{"kind": "generator", "config": {"batch": "x"}}', "These settings of a generator cannot be read: "),
        ('{"kind": "generator", "config": {"batch": 50000}}', "Batch must be at most 256, not 50000."),
        (
            '{"kind": "study", "seed": "x"}',
            "A seed of a study is a dataset, a network, a whole number as seed, arms and",
        ),
        ('{"kind": []}', "There is no kind of job called "),
    ],
)
def test_settings_of_any_content_are_refused_in_one_sentence(capsys, tmp_path, content, said):
    (tmp_path / "odd.json").write_text(content)
    assert main(["jobs", "start", str(tmp_path / "odd.json")]) == 2
    heard = capsys.readouterr()
    assert heard.out == "" and heard.err.startswith(said) and heard.err.count("\n") == 1
    assert run_folders.list_jobs() == []
