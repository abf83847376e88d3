"""Tabs of a class under Streamlit's AppTest: one leads, others join, look where the class is, and press buttons."""

from streamlit.testing.v1 import AppTest

from core.classroom.led_rooms import Place
from dashboard.server import rooms
from tests.pages import open_page, press, rerun

TEACHER = "a" * 32


def lead(page: str = "compare", **params: str) -> tuple[AppTest, str]:
    """Open a class on a page as the teacher; return the teacher's tab and the code."""
    code = rooms.board().open_led_room(Place("start"), opener=TEACHER)
    return open_page(page, state={"visitor": TEACHER}, lead=code, **params), code


def join(code: str) -> AppTest:
    app = open_page("start")
    app.text_input(key="start code").set_value(f" {code.lower()} ")
    return click_label(app, "Join")


def page_of(app: AppTest) -> str:
    return str(app.session_state["address"].page)


def look(app: AppTest) -> AppTest:
    """Run the page that is shown again, as its fragment does now and then; AppTest forgets that a script changed it."""
    return rerun(app.switch_page(f"../pages/{page_of(app)}.py"))


def click(app: AppTest, key: str) -> AppTest:
    """Press a button of the page that is shown."""
    return press(app.switch_page(f"../pages/{page_of(app)}.py"), key)


def click_label(app: AppTest, label: str) -> AppTest:
    """Press the button of this label."""
    next(one for one in app.button if one.label == label).click()
    return rerun(app)


def buttons(app: AppTest) -> set[str]:
    return {str(button.key) for button in app.button}
