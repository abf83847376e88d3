"""A tiny network that is trained in the test's own process, as the job "train" does it."""

from dataclasses import asdict

from core.digits import datasets
from core.jobs import run_folders, trained_networks, training_job
from core.jobs.run_folders import Job
from core.networks.architectures import POOL, RELU, Architecture, conv
from core.zoo import checkpoints

TINY = Architecture("tiny", (conv(4, 5), POOL, RELU), hidden=(20,))


def train_here(attack: str = "none", epsilon: float = 0.25, **settings) -> Job:
    """Run the job "train" in this process; return its run."""
    config = {"epochs": 1, "batch": 32, "optimizer": "adam", "learning_rate": 0.003}
    settings = {"dataset": datasets.OFFLINE, **settings, "config": config | {"attack": attack, "epsilon": epsilon}}
    job = run_folders.create_job(kind="train", title="A network", settings=settings, visitor="ann", threads=1)
    for step in training_job.run(settings, job.folder, run_folders.JobRequest):
        run_folders.append_step(job, asdict(step))
    run_folders.write_status(job, state="done")
    return job


def name_of(job: Job) -> str:
    return trained_networks.network_name(job, checkpoints.load_card(training_job.NETWORK_NAME, job.folder))
