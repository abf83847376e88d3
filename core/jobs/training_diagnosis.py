"""What is wrong with a trained network, and what to change next: each problem in a sentence, with its next step."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from core.jobs.training_job import TrainingPlan
from core.jobs.training_report import TrainingSummary, find_misfit, judge_fit
from core.networks.dead_units import DeadUnits
from core.networks.evaluation import WHOLE
from core.zoo.checkpoints import Measurement

DEAD_SHARE = 0.1  # of a stage's units: fewer dead ones are nothing to worry about
ROBUST = 50.0  # percent; a lower accuracy under attack is called not robust
FIRST_L2 = 0.001
TYPICAL_RATES = {"sgd": 0.05, "adam": 0.001}  # with which the networks of the presets learn


@dataclass(frozen=True, kw_only=True)
class Diagnosis:
    """One problem of a trained network."""

    problem: Literal["diverged", "underfits", "overfits", "dead units", "not robust"]
    sentence: str
    """In Markdown."""
    step: str
    """What to do next; the label of a button."""
    changes: dict[str, Any]
    """To the settings of the training, by the names of `TrainingPlan`; `config`: by those of `TrainConfig`."""


def diagnose(
    plan: TrainingPlan,
    result: TrainingSummary | None,
    *,
    diverged: bool = False,
    regularized: bool = False,
    learned: bool = True,
    dead: Sequence[DeadUnits] = (),
    attacked: Measurement | None = None,
) -> list[Diagnosis]:
    """Return the problems of a network, the most urgent first.

    `result` is None before the first epoch has ended; `learned`: it reads clearly better than guessing.
    """
    if diverged:
        return [_diverged(plan)]
    found = list(_judge_fit(plan, result, learned, regularized)) if result is not None else []
    found += _judge_dead(plan, dead)
    if attacked is not None and attacked.accuracy.get(WHOLE, 100.0) < ROBUST and not found:
        found.append(_not_robust(plan, attacked))
    return found


def _diverged(plan: TrainingPlan) -> Diagnosis:
    sentence = (
        f"Training **diverged** with a learning rate of {plan.config.learning_rate:g}: the loss became too large."
    )
    rate = min(plan.config.learning_rate / 10, TYPICAL_RATES[plan.config.optimizer])
    return Diagnosis(problem="diverged", sentence=sentence, **_set_rate(rate))


def _usual_rate(plan: TrainingPlan) -> dict[str, Any]:
    """Return the step to a usual learning rate; where it is about that already, to more epochs."""
    usual = TYPICAL_RATES[plan.config.optimizer]
    return _more_epochs(plan) if usual / 3 <= plan.config.learning_rate <= 3 * usual else _set_rate(usual)


def _set_rate(rate: float) -> dict[str, Any]:
    rate = float(f"{rate:.2g}")
    return {"step": f"Train with a learning rate of {rate:g}", "changes": {"config": {"learning_rate": rate}}}


def _more_epochs(plan: TrainingPlan) -> dict[str, Any]:
    epochs = 2 * plan.config.epochs
    return {"step": f"Train for {epochs} epochs", "changes": {"config": {"epochs": epochs}}}


def _judge_fit(plan: TrainingPlan, result: TrainingSummary, learned: bool, regularized: bool) -> Iterator[Diagnosis]:
    attacked = plan.config.attack != "none"
    sentence = judge_fit(result, attacked=attacked, regularized=regularized)
    if not learned:
        yield Diagnosis(problem="underfits", sentence=sentence, **_usual_rate(plan))
        return
    misfit = "" if attacked else find_misfit(result)
    if misfit == "underfits":
        yield Diagnosis(problem=misfit, sentence=sentence, **_more_epochs(plan))
    elif misfit == "overfits":
        yield Diagnosis(problem=misfit, sentence=sentence, **_regularize(plan))


def _regularize(plan: TrainingPlan) -> dict[str, Any]:
    if plan.share < 1:
        return {"step": "Train on all digits", "changes": {"share": 1.0}}
    strength = 3 * plan.config.l2 or FIRST_L2
    return {"step": f"Train with L2 of {strength:g}", "changes": {"config": {"l2": strength}}}


def _judge_dead(plan: TrainingPlan, dead: Sequence[DeadUnits]) -> Iterator[Diagnosis]:
    """Yield one diagnosis of all stages with many dead units."""
    worst = [one for one in dead if one.dead and one.dead >= DEAD_SHARE * one.units]
    if worst:
        parts = ", ".join(f"{one.dead} of {one.units} in `{one.stage}`" for one in worst)
        sentence = f"**Dead units** respond to no test digit, so they hardly learn any more: {parts}."
        yield Diagnosis(problem="dead units", sentence=sentence, **_set_rate(plan.config.learning_rate / 3))


def _not_robust(plan: TrainingPlan, attacked: Measurement) -> Diagnosis:
    sentence = (
        f"Under attack it reads {attacked.accuracy[WHOLE]:.1f} %: it is **not robust** to changes of up to "
        f"{attacked.epsilon or 0:g} per pixel."
    )
    step = _more_epochs(plan)
    if plan.config.attack == "fgsm":
        step = {"step": "Train with attacks of seven steps (PGD)", "changes": {"config": {"attack": "pgd"}}}
    return Diagnosis(problem="not robust", sentence=sentence, **step)
