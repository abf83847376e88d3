"""What a paper reports about such an attack, in a sentence, beside the figures of your own try."""

from core.system.number_format import format_both_scales
from dashboard.attack.digit_runs import AttackRun
from dashboard.widgets.texts import read_note

STORIES = {
    "fgsm": read_note("attack", "Panda"),
    "pgd": read_note("attack", "Panda"),
    "lbfgs": read_note("attack", "Ostrich"),
    "sticker": read_note("attack", "Stop sign"),
}


def tell_story(attack: AttackRun) -> str:
    """Return what a paper reports about the method; once there is an attacked digit, also what became of this try."""
    story = STORIES[attack.inputs.method]
    return f"{story} {_describe_try(attack)}" if attack.last is not None and not attack.misread else story


def _describe_try(attack: AttackRun) -> str:
    assert attack.first is not None and attack.last is not None
    before, now = (
        f"{attack.classes[int(step.predicted)]} ({100 * float(step.probabilities.max()):.1f} %)"
        for step in (attack.first, attack.last)
    )
    change = format_both_scales(float(attack.last.perturbation.abs().max()))
    return f"**Your try**: {attack.titles[attack.inputs.names[0]]} reads {before}; after a change of {change}, {now}."
