"""What the page "Attack" reads once for all visitors."""

import streamlit as st

from core.adversarial.universal import UniversalStep
from core.studies import recorded_noise


@st.cache_resource(show_spinner=False)
def recorded_noise_steps() -> tuple[UniversalStep, ...]:
    """Return the recorded steps of universal noise; none if they cannot be read."""
    try:
        return tuple(recorded_noise.read())
    except ValueError:
        return ()
