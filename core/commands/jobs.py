"""The verb `jobs` of the command line: what runs, and the same doors to it that the pages have."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from core.jobs import control, run_folders
from core.jobs.run_folders import Job, JobError

VISITOR = "terminal"
ACTIONS = ("list", "show", "start", "stop", "pause", "resume", "keep", "remove")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the verb takes."""
    parser.add_argument("action", nargs="?", default="list", choices=ACTIONS)
    what = "the run; for start: a JSON file of settings, as in the `recipe` of a trained network's card"
    parser.add_argument("what", nargs="?", metavar="ID|FILE", help=what)


def run_jobs(options: argparse.Namespace) -> None:
    """List the jobs, or do something with one of them."""
    if options.action == "list":
        result = {"jobs": [_describe(job) for job in run_folders.list_jobs()], "bytes": run_folders.disk_use()}
    elif options.what is None:
        raise JobError(f"Say which run to {options.action}; `python -m core jobs` lists them.")
    elif options.action == "start":
        result = {"job": _describe(_start(Path(options.what)))}
    else:
        result = _act(options.action, options.what)
    print(json.dumps(result) if options.json else _table(result))


def _start(path: Path) -> Job:
    try:
        settings = json.loads(path.read_bytes())
    except json.JSONDecodeError:
        raise JobError(f"{path.name} holds no JSON.") from None
    kind = settings.pop("kind", "train") if isinstance(settings, dict) else "train"
    return control.submit(kind, path.stem, settings, VISITOR)


def _act(action: str, name: str) -> dict[str, Any]:
    job = run_folders.load_job(name)
    if action == "show":
        return {"job": {**_describe(job), "settings": job.settings}, "steps": run_folders.read_steps(name)}
    doors = {"stop": control.stop, "pause": control.pause, "resume": control.resume}
    doors |= {"keep": run_folders.keep, "remove": run_folders.remove}
    described = _describe(job)
    doors[action](name)
    return {"job": described if action == "remove" else _describe(job)}


def _describe(job: Job) -> dict[str, Any]:
    asked = {name: getattr(job, name) for name in ("id", "kind", "title", "visitor", "created")}
    status = asdict(run_folders.read_status(job))
    return {**asked, **status, "place": control.queue_position(job.id), "kept": run_folders.is_kept(job)}


def _table(result: dict[str, Any]) -> str:
    described = result.get("jobs", [result.get("job")])
    lines = [f"{job['id']}  {_state(job):12}  {job['title']}  {job['message']}".rstrip() for job in described]
    if "bytes" in result:
        lines.append(f"{len(described)} runs take {result['bytes'] / 1e6:.1f} MB.")
    if result.get("steps"):
        last = result["steps"][-1]
        lines.append(", ".join(f"{name} {value}" for name, value in last.items() if value is not None))
    return "\n".join(lines)


def _state(job: dict[str, Any]) -> str:
    return job["state"] if job["place"] is None else f"waiting, {job['place']}."
