"""A process that has imported PyTorch; jobs are forks of it, so they begin at once and share its memory.

`start_worker` starts it with the first job. It ends with its starter, or when nobody has started a job for a while;
jobs outlive it. Whoever starts jobs needs no torch. multiprocessing has such a server too, but waits for its processes
when its starter ends, and imports the starter's main script into them.
"""

import gc
import importlib
import json
import os
import signal
import socket
import subprocess
import sys
import traceback
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

from core.jobs import run_folders, worker
from core.jobs.run_folders import Job
from core.system.records import to_record

ROOT = Path(__file__).parents[2]
IMPORTED = ("core.jobs.training_job", "core.jobs.generator_job")
MAX_IDLE = 900.0  # seconds without a job, after which it ends and gives its memory back
_connections: list[socket.socket] = []  # to this process's server, at most one


@dataclass(frozen=True)
class _Request:
    """A job that is to be started."""

    name: str
    module: str
    """Of its kind."""
    environment: dict[str, str]


def start_worker(job: Job, module: str, lock: BinaryIO, log: BinaryIO) -> None:
    """Let the server fork the job's process; it inherits the open lock file, so the lock is held without a gap.

    Nobody waits for the server's imports but the job. Raises OSError and SubprocessError.
    """
    own = {run_folders.RUNS_VARIABLE: str(run_folders.runs_folder()), "OMP_NUM_THREADS": str(job.threads)}
    line = json.dumps(asdict(_Request(job.id, module, os.environ | own))).encode() + b"\n"
    for _ in range(2):  # the server may have ended since the last job
        connection = _connections[0] if _connections else _start_server(log)
        with suppress(ConnectionError):
            socket.send_fds(connection, [line[:1]], [lock.fileno(), log.fileno()])
            connection.sendall(line[1:])
            return
        _connections.pop().close()
    raise ConnectionError("its process ended at once")


def _start_server(log: BinaryIO) -> socket.socket:
    """Start the server, whose errors go to this log."""
    ours, theirs = socket.socketpair()
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    with theirs, ExitStack() as unless_started:
        unless_started.enter_context(ours)
        subprocess.run(
            # -P: a module in the starter's working directory must not replace one of ours
            [sys.executable, "-P", "-m", "core.jobs.fork_server", str(theirs.fileno())],
            env=os.environ | {"PYTHONPATH": path, "OMP_NUM_THREADS": "1"},  # there are no threads before a fork
            pass_fds=(theirs.fileno(),),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            check=True,
        )
        unless_started.pop_all()
    _connections.append(ours)
    return ours


def serve(connection: socket.socket) -> None:
    """Fork a process for each job until the starter has ended, or has started none for a while."""
    if os.fork():
        os._exit(0)  # so that the server has no parent that must wait for its end
    worker.lower_priority(worker.niceness())
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nor do the jobs
    for module in IMPORTED:
        importlib.import_module(module)
    gc.collect()
    gc.freeze()  # a collection writes to what it looks at, and what is written to is not shared any more
    for request, lock, log in _receive_all(connection):
        os.environ.clear()
        os.environ.update(request.environment)
        _load_shared(request)
        wait, go = os.pipe()
        try:
            child = os.fork()
        except OSError:  # no memory or no process is left
            child = None
        if child == 0:
            os.close(go)
            os.read(wait, 1)  # until the server has let go of the lock: a quick job may end before
            os.close(wait)
            _run_worker(request, connection, lock, log)
        _record(request, child)
        for descriptor in (lock, log, wait, go):
            os.close(descriptor)


def _receive_all(connection: socket.socket) -> Iterator[tuple[_Request, int, int]]:
    """Yield every request and its open files, lock and log."""
    connection.settimeout(MAX_IDLE)
    stream = connection.makefile("rb", buffering=0)
    while True:
        try:
            first, files, *_ = socket.recv_fds(connection, 1, 2)
        except TimeoutError:
            connection.shutdown(socket.SHUT_RD)  # what was sent in this moment still arrives
            continue
        line = first + stream.readline()
        if not line.endswith(b"\n"):
            return
        lock, log = files
        yield to_record(_Request, json.loads(line)), lock, log


def _load_shared(request: _Request) -> None:
    """Load what the jobs of this kind share, if there is something."""
    with suppress(Exception):  # the job will meet the same, and say so
        kind = importlib.import_module(request.module)
        if hasattr(kind, "share"):
            kind.share(run_folders.load_job(request.name).settings)
            gc.freeze()


def _record(request: _Request, child: int | None) -> None:
    """Write the job's process into its status, in the order of the requests, or that it has none."""
    failed: dict[str, Any] = {
        "state": "failed",
        "message": "There was no memory left to start this job; resume it later.",
    }
    with suppress(Exception):  # the job writes its process too
        run_folders.write_status(run_folders.load_job(request.name), pid=child, **({} if child else failed))


def _run_worker(request: _Request, connection: socket.socket, lock: int, log: int) -> None:
    """Become the job's process: with a session, and no open files but its own."""
    import torch

    try:
        os.close(connection.detach())  # `close` would leave it open for the stream
        os.setsid()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for stream in (1, 2):
            os.dup2(log, stream)
        os.close(log)
        worker.lower_session_priority(worker.niceness())
        job = run_folders.load_job(request.name)
        torch.set_num_threads(job.threads)
        worker.main(job, request.module)
        os.close(lock)  # at once: the end of a process that computed takes a while
    except BaseException:
        traceback.print_exc()
    finally:
        for output in (sys.stdout, sys.stderr):
            with suppress(Exception):
                output.flush()
        os._exit(0)


if __name__ == "__main__":
    with socket.socket(fileno=int(sys.argv[1])) as own:
        serve(own)
