"""People and networks side by side -> light HTML: what each said to one digit, and what each got right on every cut."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from core.visualization.signed_colors import NEGATIVE, POSITIVE

PEOPLE_COLOR = "currentColor"  # the text's own: it stands out among the networks' on light and on dark

VERDICTS = f"""<style>
.ns-verdict {{ display: grid; grid-template-columns: 9.5rem 2.6rem 4.2rem 1fr; gap: .7rem; align-items: center;
  border-left: 4px solid var(--ns); padding: .2rem 0 .2rem .6rem; margin-bottom: .3rem; line-height: 1.15; }}
.ns-verdict b {{ font-size: 1.9rem; line-height: 1; text-align: center; }}
.ns-verdict i {{ font-style: normal; font-weight: 700; color: rgb{NEGATIVE}; }}
.ns-verdict.ns-right i {{ color: rgb{POSITIVE}; }}
.ns-verdict strong {{ display: block; }}
.ns-verdict span {{ font-size: .8rem; opacity: .75; }}
@media (max-width: 640px) {{ .ns-verdict {{ grid-template-columns: 7.4rem 2rem 3.4rem 1fr; gap: .4rem; }} }}
</style>"""

CONTEST = """<style>
.ns-contest { display: grid; gap: .55rem; container-type: inline-size; }
.ns-contestant { display: grid; grid-template-columns: 10.5rem repeat(var(--ns-columns), 1fr); gap: .9rem;
  align-items: center; }
.ns-contestant > div:first-child { border-left: 4px solid var(--ns); padding-left: .6rem; line-height: 1.15; }
.ns-contestant strong { display: block; }
.ns-contestant span, .ns-heads { font-size: .78rem; opacity: .75; line-height: 1.2; }
.ns-share b { font-size: 1.35rem; line-height: 1.1; }
.ns-people .ns-share b { font-size: 1.75rem; }
.ns-bed { position: relative; height: .6rem; background: rgba(128, 128, 128, .22); border-radius: 2px;
  margin: .1rem 0 .2rem; }
.ns-bed div { position: absolute; top: 0; bottom: 0; background: var(--ns); border-radius: 2px; }
.ns-people .ns-bed { height: .85rem; }
.ns-bed .ns-reach { top: 42%; bottom: 42%; background: #d9730d; }
.ns-bed .ns-mark { top: -.2rem; bottom: -.2rem; width: 3px; margin-left: -1px; background: currentColor;
  box-shadow: 0 0 0 1px rgba(128, 128, 128, .6); }
@container (max-width: 640px) {
  .ns-contestant { grid-template-columns: repeat(var(--ns-columns), 1fr); gap: .45rem; }
  .ns-contestant > div:first-child { grid-column: 1 / -1; }
  .ns-contestant .ns-share b, .ns-people .ns-share b { font-size: 1.1rem; }
  .ns-heads > div:first-child { display: none; }
  .ns-heads { font-size: .66rem; overflow-wrap: anywhere; }
}
</style>"""


@dataclass(frozen=True)
class QuizAnswer:
    """What one of them said to one digit."""

    title: str
    color: str
    said: str
    right: bool
    note: str = ""


def draw_quiz_answers(verdicts: Sequence[QuizAnswer]) -> str:
    """Return them below one another: name, answer, right or wrong."""
    return f'{VERDICTS}<div class="ns-verdicts-list">{"".join(map(_verdict, verdicts))}</div>'


def _verdict(one: QuizAnswer) -> str:
    kind, word = ("ns-verdict ns-right", "right") if one.right else ("ns-verdict", "wrong")
    return (
        f'<div class="{kind}" style="--ns:{one.color}"><strong>{escape(one.title)}</strong>'
        f"<b>{escape(one.said)}</b><i>{word}</i><span>{escape(one.note)}</span></div>"
    )


def draw_answer_captions(verdicts: Sequence[QuizAnswer]) -> str:
    """Return one short line for each, for under a picture; the wrong ones are pale."""
    lines = "".join(
        f'<div style="border-left:4px solid {one.color};padding-left:.35rem;opacity:{1 if one.right else 0.6}">'
        f"<b>{escape(one.said)}</b> {escape(one.title)}</div>"
        for one in verdicts
    )
    return f'<div style="font-size:.8rem;line-height:1.35">{lines}</div>'


@dataclass(frozen=True)
class ScoreBar:
    """What part of its answers somebody got right, in percent."""

    percent: float
    words: str
    """What it is a part of, such as "3 of 5"."""
    bounds: tuple[float, float] | None = None
    """Its interval."""
    mark: float | None = None
    """What else it may be held against."""


@dataclass(frozen=True)
class ScoreRow:
    """A row: people, or a network."""

    title: str
    note: str
    color: str
    shares: Mapping[str, ScoreBar]
    """By the key of the column."""


def draw_scores(contestants: Sequence[ScoreRow], headings: Mapping[str, str]) -> str:
    """Return a row for each contestant, the people's first, with a bar for each column of `headings`."""
    heads = "".join(f"<div>{escape(heading)}</div>" for heading in headings.values())
    rows = "".join(_contestant(one, headings, first=number == 0) for number, one in enumerate(contestants))
    style = f"--ns-columns:{len(headings)}"
    return (
        f'{CONTEST}<div class="ns-contest" style="{style}">'
        f'<div class="ns-contestant ns-heads"><div style="border:0"></div>{heads}</div>{rows}</div>'
    )


def _contestant(one: ScoreRow, headings: Mapping[str, str], *, first: bool) -> str:
    cells = "".join(_share(one.shares.get(column)) for column in headings)
    kind = "ns-contestant ns-people" if first else "ns-contestant"
    name = f"<div><strong>{escape(one.title)}</strong><span>{escape(one.note)}</span></div>"
    return f'<div class="{kind}" style="--ns:{one.color}">{name}{cells}</div>'


def _share(share: ScoreBar | None) -> str:
    if share is None:
        return '<div class="ns-share"><b>–</b><div class="ns-bed"></div><span>not asked yet</span></div>'
    inside = _part("ns-bar-right", 0, share.percent)
    if share.bounds is not None:
        low, high = share.bounds
        inside += _part("ns-reach", low, high)
    if share.mark is not None:
        inside += f'<div class="ns-mark" style="left:{share.mark:.1f}%"></div>'
    return (
        f'<div class="ns-share"><b>{share.percent:.0f} %</b><div class="ns-bed">{inside}</div>'
        f"<span>{escape(share.words)}</span></div>"
    )


def _part(name: str, low: float, high: float) -> str:
    return f'<div class="{name}" style="left:{low:.1f}%;width:{high - low:.1f}%"></div>'
