"""HTML from the templates beside this file; `styles.css` is the stylesheet that all of them share."""

import re
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from jinja2.ext import Extension

from core.system.number_format import format_signed
from core.visualization.arrays import to_data_url

STYLESHEET = Path(__file__).with_name("styles.css")  # a page shows it once; a notebook as `<style>`


class _JoinLines(Extension):
    """Joins a template's lines when it is compiled: Markdown would take indented lines for code."""

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        return re.sub(r"\s*\n\s*", "", source)


_environment = Environment(
    loader=FileSystemLoader(Path(__file__).with_name("templates")),
    extensions=[_JoinLines],
    autoescape=True,
    undefined=StrictUndefined,
    auto_reload=False,  # a template is read and compiled once for each process
)
_environment.filters |= {"data_url": to_data_url, "signed": format_signed}


def render(template: str, **values: object) -> str:
    """Return a template of `templates/` with these values; every one of them is escaped."""
    return _environment.get_template(template).render(values)
