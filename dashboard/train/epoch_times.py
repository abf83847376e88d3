"""How long an epoch takes on the CPU and on a GPU, side by side: measured where there is a GPU, else recorded."""

from core.training.epoch_times import recorded_times
from dashboard.train import cached
from dashboard.train.form import Settings, list_devices
from dashboard.widgets.progress import format_duration

NAMES = {"cpu": "the CPU", "cuda": "the GPU", "mps": "the GPU"}


def describe(settings: Settings) -> str:
    """Return a sentence with the seconds of an epoch on each device."""
    devices = list_devices()
    if len(devices) > 1:
        return f"One epoch of this training: {', '.join(_measured(settings, device) for device in devices)}."
    times = ", ".join(f"{format_duration(one.seconds)} on {one.machine}" for one in recorded_times())
    return f"This computer has no GPU. For comparison, recorded for one epoch of the published network: {times}."


def _measured(settings: Settings, device: str) -> str:
    one_epoch = {**settings, "config": {**settings["config"], "epochs": 1, "device": device}}
    return f"about {format_duration(cached.estimate_seconds(one_epoch))} on {NAMES[device]}"
