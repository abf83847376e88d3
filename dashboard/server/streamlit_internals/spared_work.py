"""Work that Streamlit does anew in every run, done once."""

from functools import cache
from typing import Any

from dashboard.server.streamlit_internals.guard import unless_changed


@unless_changed(None)
def describe_themes_once() -> None:
    """Read what a run's first message says of the themes from the configuration once, not six times in every run.

    That took an eighth of the time of a stroke's end (not reported upstream as far as we know). A theme that is changed
    in `config.toml` while the server runs is seen after a restart. Later calls do nothing.
    """
    from streamlit.runtime import app_session

    describe = app_session._populate_theme_msg
    if hasattr(describe, "kept"):
        return
    kept: dict[str, bytes] = {}

    def describe_once(msg: Any, section: str = "theme") -> None:
        if section not in kept:
            describe(msg, section)
            kept[section] = msg.SerializeToString()
        elif kept[section]:
            msg.MergeFromString(kept[section])

    setattr(describe_once, "kept", kept)  # noqa: B010 (to mypy it is a function)
    setattr(app_session, "_populate_theme_msg", describe_once)  # noqa: B010


@unless_changed(None)
def name_arguments_once() -> None:
    """Let caches look up the name of a function's argument once, not at each call (not reported upstream)."""
    from streamlit.runtime.caching import cache_utils

    find = cache_utils._get_positional_arg_name
    if not hasattr(find, "cache_info"):
        setattr(cache_utils, "_get_positional_arg_name", cache(find))  # noqa: B010
