"""The values of widgets, as browsers send them."""

import logging
import math
from collections.abc import Iterator
from typing import Any

from dashboard.server.streamlit_internals.guard import unless_changed


@unless_changed(None)
def ignore_forged_values() -> None:
    """Give a widget its default instead of a value that its browser code cannot have sent.

    Streamlit trusts the browser: a value of another type ends in an exception of its own, and a text that is no option
    is returned as it came (not reported upstream as far as we know). Later calls do nothing.
    """
    from streamlit.runtime.state.session_state import Serialized, Value, WStates

    read = WStates.__getitem__
    if hasattr(read, "checks"):
        return

    def checked(self: Any, name: str) -> Any:
        state, metadata = self.states.get(name), self.widget_metadata.get(name)
        if metadata is None or not isinstance(state, Serialized):
            return read(self, name)
        try:
            if _is_offered(state.value, metadata):
                return read(self, name)
        except Exception:
            logging.getLogger(__name__).info("a widget was sent a value that cannot be read")
        self.states[name] = Value(metadata.deserializer(None))
        return self.states[name].value

    setattr(checked, "checks", True)  # noqa: B010 (to mypy it is a function)
    setattr(WStates, "__getitem__", checked)  # noqa: B010


def _is_offered(sent: Any, metadata: Any) -> bool:
    """Return whether a value has the widget's type, is finite, and is an option where it must be one."""
    kind, options = sent.WhichOneof("value"), metadata.formatted_options
    if kind == "int_value" and metadata.value_type == "double_value":
        return True  # a field for whole numbers says that it sends a double, and sends an integer
    if kind != metadata.value_type:
        return False
    if kind == "double_value":
        return math.isfinite(sent.double_value)
    return kind != "string_value" or options is None or sent.string_value in options


@unless_changed(None)
def read_widgets_at_once() -> None:
    """Let a run go through a copy of the names of its session's widgets.

    Streamlit goes through the names themselves, and a run that was stopped and ends in another thread may add one
    meanwhile: "dictionary changed size during iteration" (not reported upstream as far as we know).
    """
    from streamlit.runtime.state.session_state import WStates

    def names(self: Any) -> Iterator[str]:
        return iter(tuple(self.states))

    setattr(WStates, "__iter__", names)  # noqa: B010
