"""Lessons: valid and invalid files with their sentences, and every step of the shipped lessons, opened."""

import re
from collections.abc import Iterator

import pytest
import streamlit as st
from playwright.sync_api import Page, expect
from streamlit.testing.v1 import AppTest

from core.classroom.lessons import MAX_BYTES, LessonError, read_lesson
from dashboard import PAGES
from dashboard.shell import lesson_bar
from tests.browser import settle
from tests.pages import address_of, go_to, open_page, press, rerun, text_of

LESSONS = lesson_bar.shipped_lessons()
STEPS = [(name, number) for name, lesson in LESSONS.items() for number in range(len(lesson.steps))]
GOOD = """
title: Two pages
about: A try.
steps:
  - {page: compare, state: {sample: 19, erased: HCUT, networks: [standard, control]}, text: Look.}
  - {page: why, state: {one-scale: yes, class: 3}, text: "Why?", question: "Well?", answer: So.}
"""


def test_a_file_becomes_steps_whose_state_is_that_of_an_address() -> None:
    lesson = read_lesson(GOOD.encode(), lesson_bar.find_fault)
    assert (lesson.title, lesson.about, len(lesson.steps)) == ("Two pages", "A try.", 2)
    assert lesson.steps[0].state == {"sample": "19", "erased": "HCUT", "networks": "standard,control"}
    assert lesson.steps[1].state == {"one-scale": "yes", "class": "3"} and lesson.steps[1].answer == "So."


BOMB = "a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\ntitle: *c\nsteps: [1]"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "The lesson must have the fields"),
        ("- 1", "The lesson must have the fields"),
        ("title: x", "The lesson has no steps"),
        ("title: x\nsteps: 3", "must be a list"),
        ("title: x\nsteps: [3]", "Step 1 must have the fields"),
        ("title: [x]\nsteps: [{page: why, text: x}]", "The lesson's title must be a text"),
        (BOMB, "anchors and aliases are refused (line 1)"),
        ("title: x\nsteps: [{page: why, text: x}, {page: nowhere, text: x}]", "Step 2: there is no page of that name"),
        ("title: x\nsteps: [{page: why, text: x, colour: red}]", "Step 1 has an unknown field, 'colour'"),
        ("title: x\nsteps: [{page: why, text: x, '<b>': red}]", "unknown field, 'b'"),
        ("title: x\nsteps: [{page: why}]", "Step 1 has no text"),
        ("title: x\nsteps: [{page: why, text: x, state: {view: Nonsense}}]", "has no such view"),
        ("title: x\nsteps: [{page: why, text: x, state: {erased: ZCUT}}]", "'erased'"),
        ("title: x\nsteps: [{page: why, text: x, state: {class: {a: 1}}}]", "must be a word, a number"),
        ("title: x\nsteps: [{page: why, text: 2020-01-01}]", "its text must be a text"),
        ("title: x\nsteps: [{page: why, text: x, minutes: 0}]", "its minutes must be a whole number from 1 to 180"),
        ("title: x\nsteps: [{page: why, text: x, minutes: yes}]", "its minutes must be a whole number from 1 to 180"),
        ("title: x\nsteps: [{page: why, text: x, minutes: 2.5}]", "its minutes must be a whole number from 1 to 180"),
        ("title: x\nsteps:\n  - page: why\n text: x", "something is wrong in line 4"),
        ("title: !!python/object/apply:os.system [true]\nsteps: [1]", "something is wrong in line 1"),
        ("[" * 1500, "This is no YAML"),
        ("title: \x00", "This is no YAML"),
        ("x" * (MAX_BYTES + 1), "at most 100 kB"),
    ],
)
def test_what_is_no_lesson_is_refused_with_one_sentence_that_says_where(content: str, says: str) -> None:
    with pytest.raises(LessonError) as refusal:
        read_lesson(content.encode(), lesson_bar.find_fault)
    assert says in str(refusal.value) and "\n" not in str(refusal.value)


def test_bytes_that_are_no_text_are_refused_too() -> None:
    with pytest.raises(LessonError, match="This is no YAML"):
        read_lesson(b"title: \x80")


@pytest.mark.parametrize(
    ("state", "says"),
    [
        ("epsilon: 1", "This address has parts that are not known here: epsilon."),
        ("'<b>': 1", "This address has parts that are not known here."),
        ("size: many, view: A hole everywhere", "The part 'size' of this address cannot be read"),
        ("class: many", "What this address names in 'class' does not exist here"),
    ],
)
def test_a_step_with_an_unknown_part_opens_with_a_sentence(state: str, says: str) -> None:
    content = f"title: x\nsteps: [{{page: why, text: Look., state: {{sample: 3, {state}}}}}]"
    step = read_lesson(content.encode(), lesson_bar.find_fault).steps[0]
    (warning,) = open_page("why", **step.state).warning
    assert says in warning.value


@pytest.mark.parametrize("name", LESSONS)
def test_shipped_lessons_have_no_fault(name: str) -> None:
    content = (lesson_bar.FOLDER / f"{name}.yaml").read_bytes()
    assert read_lesson(content, lesson_bar.find_fault) == LESSONS[name]


def test_three_lessons_ship_each_with_a_question_at_every_step() -> None:
    assert {lesson.title for lesson in LESSONS.values()} == {
        "What is missing?",
        "Fool the network",
        "From one window to LeNet",
    }
    for lesson in LESSONS.values():
        assert 6 <= len(lesson.steps) <= 9
        assert all(step.question and step.answer and step.page in PAGES for step in lesson.steps)


def test_a_lesson_has_a_timetable() -> None:
    assert {name: lesson.minutes for name, lesson in LESSONS.items()} == {
        "what-is-missing": 30,
        "from-one-window-to-lenet": 45,
        "fool-the-network": 45,
    }
    lesson = LESSONS["what-is-missing"]
    assert [lesson.begin_of(step) for step in (0, 1, 2)] == [0, 3, 7] and all(step.minutes for step in lesson.steps)
    assert read_lesson(GOOD.encode()).minutes == 0


@pytest.fixture(autouse=True)
def fresh_caches() -> Iterator[None]:
    yield
    st.cache_data.clear()


def at(app: AppTest, name: str, number: int) -> None:
    """Check that a step of a shipped lesson is on the page, just as it was prepared."""
    step = LESSONS[name].steps[number]
    assert not app.warning and not app.error
    address = dict(app.query_params.items())
    assert address.items() >= {"lesson": name, "step": str(number + 1)}.items()
    assert app.session_state["address"].page == step.page
    parts = app.session_state["address"].parts
    for part, text in step.state.items():  # an address leaves out first values
        if part in parts:
            assert parts[part].kind.write(app.session_state[parts[part].key]) == text
        else:
            assert address[part] == text
    assert any(step.question in one.value for one in app.markdown)


@pytest.mark.parametrize(("name", "number"), STEPS)
def test_every_step_of_every_shipped_lesson_opens_as_it_says(name: str, number: int) -> None:
    at(open_page("start", lesson=name, step=str(number + 1)), name, number)


def at_the_table() -> AppTest:
    """Open step 7 on its own page: AppTest does not follow a script to another page."""
    return open_page("pmnist", view="The table", lesson="what-is-missing", step="7")


@pytest.mark.parametrize(("button", "step"), [("lesson next", 7), ("lesson back", 5)])
def test_next_and_back_open_steps_as_they_were_prepared(button: str, step: int) -> None:
    app = at_the_table()
    app.button(key=button).click().run()
    at(app, "what-is-missing", step)


def test_what_people_do_within_a_step_is_theirs_until_it_is_prepared_again() -> None:
    app = at_the_table()
    app.segmented_control(key="variant").set_value("as its code does").run()
    assert app.query_params["cuts"] == "as its code does" and app.query_params["step"] == "7"
    app.button(key="lesson again").click().run()
    at(app, "what-is-missing", 6)
    assert "cuts" not in app.query_params


def test_a_lesson_that_is_closed_leaves_the_page_and_the_address() -> None:
    app = at_the_table()
    app.button(key="lesson close").click().run()
    assert dict(app.query_params.items()) == {"view": "The table"}
    assert not [one for one in app.button if one.key == "lesson next"]


def test_the_answer_comes_when_it_is_wanted_and_is_hidden_again_at_the_next_step() -> None:
    app, (step, then) = at_the_table(), LESSONS["what-is-missing"].steps[6:8]
    assert step.answer not in text_of(app)
    assert step.answer in text_of(press(app, "lesson answer")) and "Hide the answer" in labels(app)
    assert step.answer not in text_of(press(app, "lesson answer"))
    press(app, "lesson answer").button(key="lesson next").click().run()
    assert then.question in text_of(app) and then.answer not in text_of(app) and "Show the answer" in labels(app)


def labels(app: AppTest) -> list[str]:
    return [one.label for one in app.button]


def test_the_bar_says_how_long_a_step_takes() -> None:
    assert "7 of 9 · 4 min" in text_of(at_the_table())


def sheet(app: AppTest, reader: str = "") -> str:
    if reader:
        app = rerun(app.segmented_control(key="lessons sheet for").set_value(reader))
    assert not app.warning and not app.error
    return text_of(app)


def test_the_sheet_of_the_class_has_the_questions_and_no_answers() -> None:
    said = sheet(open_page("lessons", view="Sheets", sheet="fool-the-network"))
    for step in LESSONS["fool-the-network"].steps:
        assert step.text in said and step.question in said and step.answer not in said
    assert "Minute of" not in said


def test_the_sheet_of_the_teacher_has_the_answers_and_the_timetable() -> None:
    said = sheet(open_page("lessons", view="Sheets", sheet="what-is-missing"), "The teacher")
    for step in LESSONS["what-is-missing"].steps:
        assert step.text in said and step.question in said and step.answer in said
    assert "| Minute of 30 | Step | Page |" in said and "| 3–7 | 2 | Missing features › The idea |" in said
    assert "Lead a class first" in said


def test_a_lesson_of_one_s_own_is_printed_too_once_it_was_begun() -> None:
    app = open_page("lessons")
    app.session_state["lesson upload/content"] = GOOD.encode()
    app.run().button(key="begin own").click().run()
    app.session_state["lessons sheet"] = "own"
    said = sheet(open_view(app), "The teacher")
    assert "## Two pages" in said and "**Answer**: So." in said and "Minute of" not in said


def open_view(app: AppTest) -> AppTest:
    app.query_params.clear()
    app.session_state["lessons view"] = "Sheets"
    return go_to(app, "lessons")


def test_the_list_says_how_long_a_lesson_takes_and_opens_its_sheets() -> None:
    app = open_page("lessons")
    assert "9 steps, 30 minutes" in text_of(app)
    press(app, "lesson sheets from-one-window-to-lenet")
    assert address_of(app) == {"view": "Sheets", "sheet": "from-one-window-to-lenet"}
    assert LESSONS["from-one-window-to-lenet"].steps[0].question in text_of(app)


@pytest.mark.parametrize(
    ("params", "says"),
    [
        ({"lesson": "<b>nobody</b>"}, "There is no lesson of the name"),
        ({"lesson": "what-is-missing", "step": "99"}, "'step'"),
        ({"lesson": "what-is-missing", "step": "-1"}, "'step'"),
        ({"lesson": "what-is-missing", "step": "²"}, "'step'"),
    ],
)
def test_a_lesson_or_step_that_is_not_there_costs_a_sentence(params: dict[str, str], says: str) -> None:
    app = open_page("results", **params)
    (warning,) = app.warning
    assert says in warning.value and "<b>" not in warning.value


def test_the_page_of_lessons_begins_one_and_keeps_the_visitor_s_own() -> None:
    app = open_page("lessons")
    app.session_state["lesson upload/content"] = GOOD.encode()
    app.run().button(key="begin own").click().run()
    assert not app.exception and app.session_state["address"].page == "compare"
    assert dict(app.query_params.items()) == {"sample": "19", "erased": "HCUT", "networks": "standard,control"}


# In a browser


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize("device", ["page", "phone"])
def test_a_class_walks_through_a_lesson_and_takes_its_address_home(
    server: str, device: str, request: pytest.FixtureRequest
) -> None:
    tab: Page = request.getfixturevalue(device)
    tab.goto(f"{server}/?lesson=what-is-missing&step=7")
    bar, patience = tab.locator(".st-key-lesson-bar"), 60_000
    expect(bar).to_contain_text("7 of 9", timeout=patience)
    expect(tab).to_have_url(re.compile(r"/pmnist\?view=The\+table&lesson=what-is-missing&step=7$"), timeout=patience)
    bar.get_by_role("button", name="Next").click()
    expect(bar).to_contain_text("8 of 9", timeout=patience)
    expect(tab).to_have_url(re.compile(r"/results\?.*step=8$"), timeout=patience)
    settle(tab)
    tab.get_by_role("button", name="Share").click()
    expect(tab.locator(".ns-code")).to_be_visible(timeout=patience)
    expect(tab.locator(".ns-copy textarea")).to_have_value(re.compile(r"^http.*/results\?.*lesson=what-is-missing"))
    tab.get_by_role("button", name="Copy").click()
    expect(tab.locator(".ns-copy button")).to_have_text("Copied", timeout=patience)
    tab.get_by_role("button", name="Show the code large").click()
    expect(tab.get_by_role("dialog").locator(".ns-code")).to_be_visible(timeout=patience)
    settle(tab)
    tab.get_by_role("dialog").get_by_role("button", name="Close").click()
    expect(tab.get_by_role("dialog")).to_have_count(0, timeout=patience)
    bar.get_by_role("button", name="Close the lesson").click()
    expect(bar).to_have_count(0, timeout=patience)
    expect(tab).not_to_have_url(re.compile("lesson="), timeout=patience)
    assert tab.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


@pytest.mark.slow
@pytest.mark.browser
def test_a_printed_sheet_has_the_lesson_alone(server: str, page: Page) -> None:
    page.goto(f"{server}/lessons?view=Sheets&sheet=what-is-missing")
    page.get_by_role("radio", name="The teacher").click(timeout=60_000)
    sheet = page.locator(".st-key-lesson-sheet")
    expect(sheet.get_by_text("Answer", exact=True)).to_have_count(9, timeout=60_000)
    expect(page.get_by_role("button", name="Print")).to_be_visible()
    page.emulate_media(media="print")
    for hidden in (page.get_by_role("button", name="Print"), page.locator("h1"), page.get_by_label("Lesson")):
        expect(hidden.first).to_be_hidden()
    expect(sheet.locator("table")).to_be_visible()


@pytest.mark.slow
@pytest.mark.browser
def test_back_leads_from_a_step_to_where_one_was(server: str, page: Page) -> None:
    page.goto(f"{server}/lessons")
    page.get_by_role("button", name="Begin").nth(1).click(timeout=60_000)
    step = re.compile(r"/convolution\?view=One\+number&.*step=1$")
    expect(page).to_have_url(step, timeout=60_000)
    settle(page)
    page.locator(".st-key-lesson-bar").get_by_role("button", name="Next").click()
    expect(page).to_have_url(re.compile(r"/convolution\?.*step=2$"), timeout=60_000)
    settle(page)
    page.go_back()
    expect(page).to_have_url(step, timeout=60_000)
    settle(page)
    page.go_back()
    expect(page).to_have_url(re.compile("/lessons$"), timeout=60_000)


@pytest.mark.slow
@pytest.mark.browser
def test_a_locked_control_is_not_on_the_page(server: str, page: Page) -> None:
    page.goto(f"{server}/results?view=All+accuracies&hide=view,digits")
    page.get_by_role("button", name="Digits, network and cuts").click(timeout=60_000)
    expect(page.locator(".st-key-results-network")).to_be_visible(timeout=60_000)
    expect(page.get_by_role("radio", name="Compared with the talk")).to_have_count(0, timeout=60_000)
    expect(page.locator(".st-key-results-data")).to_be_hidden()
    expect(page).to_have_url(re.compile(r"view=All\+accuracies&hide=view(,|%2C)digits$"), timeout=60_000)


@pytest.mark.slow
@pytest.mark.browser
def test_a_step_that_is_prepared_again_tells_the_browser_too(server: str, page: Page) -> None:
    page.goto(f"{server}/?lesson=fool-the-network&step=4")
    steps = page.locator(".st-key-noise-steps input")
    expect(steps).to_have_value("50", timeout=60_000)
    settle(page)
    steps.press("ArrowRight")
    expect(page).to_have_url(re.compile("steps=55"), timeout=60_000)
    page.get_by_role("button", name="Restart this step").click()
    expect(page).not_to_have_url(re.compile("steps=55"), timeout=60_000)
    expect(steps).to_have_value("50", timeout=60_000)
