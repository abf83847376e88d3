"""Workarounds that switch themselves off where Streamlit is different."""

import logging
from collections.abc import Callable
from functools import cache, wraps
from typing import ParamSpec, TypeVar

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


@cache  # one warning for each function and process
def _warn(name: str, reason: str) -> None:
    logging.getLogger(__name__).warning("%s is switched off: this Streamlit is different (%s)", name, reason)


def unless_changed(
    fallback: Result,
) -> Callable[[Callable[Arguments, Result]], Callable[Arguments, Result]]:
    """Return a decorator: where Streamlit lacks what the function uses, warn and return `fallback` instead."""

    def decorate(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
        @wraps(function)
        def guarded(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
            try:
                return function(*args, **kwargs)
            except (ImportError, AttributeError) as error:
                _warn(function.__name__, str(error))
                return fallback

        return guarded

    return decorate
