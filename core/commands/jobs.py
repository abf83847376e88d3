"""The verb `jobs`: list, start, stop, pause, resume, keep or remove jobs, as the pages do."""

import argparse
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from core.commands.terminal import answer
from core.jobs import control, run_folders
from core.jobs.run_folders import Job, JobError
from core.system.parsing import MAX_BYTES, ParseError, parse_json

VISITOR = "terminal"
ACTIONS = ("list", "show", "start", "stop", "pause", "resume", "keep", "remove")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    parser.add_argument("action", nargs="?", default="list", choices=ACTIONS)
    what = "the run; for start: a JSON file of settings, as in the `recipe` of the card of a network that a job trained"
    parser.add_argument("what", nargs="?", metavar="ID|FILE", help=what)


def run(options: argparse.Namespace) -> None:
    """List the jobs, or act on one of them."""
    if options.action == "list":
        result = {"jobs": [_describe(job) for job in run_folders.list_jobs()], "bytes": run_folders.disk_use()}
    elif options.what is None:
        raise JobError(f"Name the run to {options.action}; `python -m core jobs` lists them.")
    elif options.action == "start":
        result = {"job": _describe(_start(Path(options.what)))}
    else:
        result = _act(options.action, options.what)
    answer(options, result, _lines(result))


def _start(path: Path) -> Job:
    with path.open("rb") as file:
        content = file.read(MAX_BYTES + 1)
    try:
        settings = parse_json(content)
    except ParseError as error:
        raise JobError(f"{path.name} holds no JSON that can be read: {error}.") from None
    kind = settings.pop("kind", "train") if isinstance(settings, dict) else "train"
    return control.submit(str(kind), path.stem, settings, VISITOR)


def _act(action: str, name: str) -> dict[str, Any]:
    job = run_folders.load_job(name)
    if action == "show":
        return {"job": {**_describe(job), "settings": job.settings}, "steps": run_folders.read_steps(name)}
    before = _describe(job)
    if action == "keep":
        control.keep(job)
    else:
        actions = {"stop": control.stop, "pause": control.pause, "resume": control.resume, "remove": control.remove}
        actions[action](name)
    return {"job": before if action == "remove" else _describe(job)}


def _describe(job: Job) -> dict[str, Any]:
    submitted = {name: getattr(job, name) for name in ("id", "kind", "title", "visitor", "created")}
    status = asdict(run_folders.read_status(job))
    return {**submitted, **status, "place": control.queue_position(job.id), "kept": run_folders.is_kept(job)}


def _lines(result: dict[str, Any]) -> Iterator[str]:
    jobs = result.get("jobs", [result.get("job")])
    for job in jobs:
        yield f"{job['id']}  {_state(job):12}  {job['title']}  {job['message']}".rstrip()
    if "bytes" in result:
        yield f"{len(jobs)} runs take {result['bytes'] / 1e6:.1f} MB."
    if result.get("steps"):
        last = result["steps"][-1]
        yield ", ".join(f"{name} {value}" for name, value in last.items() if value is not None)


def _state(job: dict[str, Any]) -> str:
    return job["state"] if job["place"] is None else f"waiting, {job['place']}."
