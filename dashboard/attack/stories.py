"""What a paper reports about such an attack, in a sentence, beside the figures of your own try."""

from core.adversarial.attack import AttackStep
from core.system.number_format import format_both_scales
from dashboard.attack.digit_runs import AttackRun
from dashboard.widgets.texts import read_note

STORIES = {
    "fgsm": read_note("attack", "Panda"),
    "pgd": read_note("attack", "Panda"),
    "lbfgs": read_note("attack", "Ostrich"),
    "cw": read_note("attack", "Distillation"),
    "jsma": read_note("attack", "Four percent"),
    "sticker": read_note("attack", "Stop sign"),
}


def tell_story(attack: AttackRun, *, done: bool) -> str:
    """Return what a paper reports about the method, if any does; of an attack that is done, also what became of it."""
    story, first, last = STORIES.get(attack.inputs.method, ""), attack.first, attack.last
    if not done or first is None or last is None or attack.misread:
        return story
    return f"{story} {_describe_try(attack, first, last)}".strip()


def _describe_try(attack: AttackRun, first: AttackStep, last: AttackStep) -> str:
    before, now = (
        f"{attack.classes[int(step.predicted)]} ({100 * float(step.probabilities.max()):.1f} %)"
        for step in (first, last)
    )
    change = format_both_scales(float(last.perturbation.abs().max()))
    return f"**Your try**: {attack.titles[attack.inputs.names[0]]} reads {before}; after a change of {change}, {now}."
