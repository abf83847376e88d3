"""What the server does when visitors press buttons, in a loop, so that a test can kill it in the middle.

`python -m tests.busy_server PARCEL` takes a network in, keeps it, starts a job and removes both, until it is killed.
"""

import random
import signal
import subprocess
import sys
import time
from itertools import count
from pathlib import Path

from core.jobs import control, network_files, run_folders
from core.jobs.training_job import NETWORK_NAME
from core.zoo import checkpoints
from tests import ROOT

VISITOR = "presser"
JOB = {"to": 5, "pause": 0.001}


def main(parcel: Path) -> None:
    """Repeat until killed."""
    control.KINDS["count"] = "tests.counting_job"
    content = parcel.read_bytes()
    for number in count():
        taken = network_files.import_network(content, VISITOR)
        run_folders.keep(taken.id)
        card = checkpoints.load_card(NETWORK_NAME, taken.folder)
        checkpoints.save_network(card, checkpoints.load_classifier(NETWORK_NAME, taken.folder), taken.folder)
        if (
            sum(run_folders.read_status(job).active for job in run_folders.list_jobs(VISITOR))
            < control.MAX_JOBS_PER_VISITOR
        ):
            control.submit("count", str(number), JOB, VISITOR)
        for job in run_folders.list_jobs(VISITOR)[3:]:
            if not run_folders.read_status(job).active:
                run_folders.remove(job.id)
        print(number, flush=True)


def press_and_kill(parcel: Path, chance: random.Random, longest: float) -> int:
    """Start the process, kill it after up to `longest` seconds, and return how many runs cannot be read afterwards."""
    command = [sys.executable, "-m", "tests.busy_server", str(parcel)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as server:
        assert server.stdout is not None and server.stdout.readline(), "it never began"
        time.sleep(chance.uniform(0, longest))
        server.send_signal(signal.SIGKILL)
    return sum(not is_whole(path) for path in run_folders.runs_folder().glob("[!.]*/"))


def is_whole(folder: Path) -> bool:
    """Return whether a run can be read, and its network too where one was uploaded."""
    try:
        job = run_folders.load_job(folder.name)
        if job.kind != network_files.KIND:
            return True
        checkpoints.load_network(NETWORK_NAME, folder=folder)
    except ValueError:
        return False
    return run_folders.read_status(job).state == "done"


if __name__ == "__main__":
    main(Path(sys.argv[1]))
