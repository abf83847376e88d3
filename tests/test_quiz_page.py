"""The page "Human or machine", alone and in a room, under AppTest and in a real browser."""

import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from streamlit.testing.v1 import AppTest

from core.classroom.quiz import draw_questions
from core.classroom.quiz_scores import Answer
from core.classroom.room_board import RoomBoard
from core.classroom.room_database import DATABASE_VARIABLE, database_url
from core.digits import datasets
from dashboard.quiz import cached, kept_game, rounds
from dashboard.server import caches, downloads, rooms
from dashboard.server.scene import DEFAULT_NETWORKS
from tests.browser import press_until
from tests.job_runs import without_mnist
from tests.pages import address_of, captions, html, open_page, press, rerun, text_of
from tests.postgres import own_postgres
from tests.sample_digits import real_set

TEACHER, PUPIL = "a" * 32, "b" * 32
PATIENCE = 60_000  # milliseconds


@pytest.fixture(autouse=True)
def own_rooms(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the test a database of rooms of its own."""
    monkeypatch.delenv(DATABASE_VARIABLE, raising=False)


def open_quiz(visitor: str = PUPIL, view: str = "Play", **params: str) -> AppTest:
    return open_page("quiz", state={"visitor": visitor, "quiz view": view}, **params)


def play(app: AppTest, answers: int, *, right: bool = True) -> AppTest:
    """Answer this many questions; the last solution stays on the page."""
    for _ in range(answers):
        game = app.session_state[rounds.GAME]
        if game.solution_shown:
            press(app, "quiz next")
        asked = game.questions[len(game.answers)]
        press(app, f"quiz {asked.label if right else (asked.label + 1) % 10}")
    return app


def open_room(told: bool = True) -> str:
    board = RoomBoard(database_url())
    code = board.open_room(real_set().name, told=told, opener=TEACHER).code
    board.close()
    return code


def counted(code: str) -> tuple[int, int]:
    """Return how many players and answers the board has."""
    board = RoomBoard(database_url())
    players, tallies = board.tallies(code)
    board.close()
    return players, sum(one.people for one in tallies)


def test_an_answer_shows_what_it_was_and_what_the_networks_say() -> None:
    app = open_quiz(round="7")
    assert "Digit 1 of 20" in text_of(app) and "ns-verdict" not in html(app)
    play(app, 1)
    asked = app.session_state[rounds.GAME].questions[0]
    assert f"Right: it is a {asked.label}" in text_of(app) and html(app).count('<div class="ns-verdict') == 1 + len(
        DEFAULT_NETWORKS
    )
    assert asked.cut in captions(app)
    press(app, "quiz next")
    assert "Digit 2 of 20" in text_of(app)
    play(app, 1, right=False)
    assert "Wrong: it is a" in text_of(app) and "1 of 2 so far" in html(app)


@pytest.mark.slow
def test_a_whole_round_ends_with_everybody_s_figures_on_the_same_digits() -> None:
    app = play(play(open_quiz(round="7"), 14), 6, right=False)
    press(app, "quiz next")
    assert "You read 14 of 20" in text_of(app) and "14 of 20" in html(app)
    data = real_set()
    questions = draw_questions(data.test, seed=7)
    played = [cached.answer_question(DEFAULT_NETWORKS, data.name, asked) for asked in questions]
    for name in DEFAULT_NETWORKS:
        right = sum(read[name][0] == asked.label for read, asked in zip(played, questions, strict=True))
        row = html(app).split(f"<strong>{caches.zoo()[0][name].title}</strong>")[1]
        assert f"<span>{right} of 20</span>" in row.split("<strong>")[0]
    assert html(app).count("of 5</span>") == 4 * (1 + len(DEFAULT_NETWORKS))
    press(app, "quiz again")
    assert "Digit 1 of 20" in text_of(app) and address_of(app)["round"] != "7"


def test_what_a_browser_sent_with_the_address_of_the_round_before_goes_on_with_this_one() -> None:
    app = press(press(play(open_quiz(round="7"), 1), "quiz next"), "quiz stop")
    game = press(app, "quiz again").session_state[rounds.GAME]
    app.query_params["round"] = "7"
    press(app, "quiz 3")
    assert app.session_state[rounds.GAME] is game and game.answers == [3] and address_of(app)["round"] == str(game.seed)


def test_who_has_seen_enough_is_counted_as_far_as_they_went() -> None:
    app = open_quiz(round="7")
    assert not [one for one in app.button if one.key == "quiz stop"]
    press(play(app, 3), "quiz next")
    press(app, "quiz stop")
    assert "You read 3 of 3" in text_of(app)


def test_a_click_that_comes_twice_answers_once() -> None:
    app = open_quiz(round="7")
    game = app.session_state[rounds.GAME]
    for _ in range(2):
        rounds.answer(game, 0, 5)
    rounds.show_next(game, 0)
    rounds.show_next(game, 0)
    assert game.answers == [5] and not game.solution_shown and not game.finished


def test_a_click_that_arrives_late_meets_no_button_of_the_next_question() -> None:
    app = open_quiz(round="7")
    first = {button.key for button in app.button if button.key and button.key.startswith("quiz 3")}
    solution = {button.key for button in play(app, 1).button if "quiz next" in str(button.key)}
    press(app, "quiz next")
    assert first and not first & {button.key for button in app.button}
    assert solution and not solution & {button.key for button in play(app, 1).button}


def test_an_answer_that_is_added_while_others_are_sent_is_sent_next(monkeypatch: pytest.MonkeyPatch) -> None:
    code, add = open_room(), RoomBoard.add
    game = play(open_quiz(room=code), 1).session_state[rounds.GAME]
    first, second = (rounds.to_answer(game.player, 0, number, game.questions[number], 3) for number in (1, 2))
    game.unsent = [first]

    def add_slowly(board: RoomBoard, code: str, answers: Sequence[Answer]) -> None:
        game.unsent.append(second)
        add(board, code, answers)

    monkeypatch.setattr(RoomBoard, "add", add_slowly)
    rounds.send(game)
    assert game.unsent == [second]
    monkeypatch.setattr(RoomBoard, "add", add)
    rounds.send(game)
    assert game.unsent == [] and counted(code) == (1, 3)


def picture_of(app: AppTest) -> str:
    """Return the HTML of the question's picture."""
    return next(html.proto.body for html in app.get("html") if "ns-picture" in html.proto.body)


def test_an_address_opens_the_same_round_for_everyone_with_or_without_its_holes() -> None:
    first = open_quiz()
    toggle = next(one for one in first.toggle if one.key.startswith("quiz shown"))
    toggle.set_value(False)
    rerun(first)
    assert address_of(first)["holes"] == "hidden"
    second = open_quiz(**address_of(first))
    mine, theirs = (app.session_state[rounds.GAME] for app in (first, second))
    assert [one.digit for one in mine.questions] == [one.digit for one in theirs.questions] and not theirs.holes_shown
    sent = [picture_of(app) for app in (first, open_quiz(round=address_of(first)["round"]))]
    assert sent[0] != sent[1]


@pytest.mark.parametrize("params", [{"round": "-1"}, {"round": "<b>"}, {"round": "9" * 40}, {"holes": "maybe"}])
def test_an_address_that_cannot_be_read_costs_a_sentence(params: dict[str, str]) -> None:
    app = open_quiz(**params)
    assert app.warning[0].value.startswith(("The part", "What this address")) and "<b>" not in app.warning[0].value
    assert "Digit 1 of 20" in text_of(app)


@pytest.mark.parametrize(("code", "sentence"), [("BCDF", "There is no room BCDF"), ("<i>", "four letters")])
def test_a_room_that_is_not_there_costs_a_sentence_and_one_plays_alone(code: str, sentence: str) -> None:
    app = open_quiz(room=code)
    assert sentence in app.warning[0].value and "<i>" not in app.warning[0].value
    assert "Digit 1 of 20" in text_of(app) and "room" not in address_of(app)


def test_offline_digits_are_played_and_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in without_mnist(tmp_path).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(datasets, "PROJECT_DATA", tmp_path)
    monkeypatch.setattr(downloads.MNIST, "last", None)
    code = RoomBoard(database_url()).open_room(datasets.OFFLINE, told=True, opener=TEACHER).code
    app = play(open_quiz(room=code), 1)
    assert "offline digits" in captions(app) and counted(code) == (1, 1)
    elsewhere = RoomBoard(database_url()).open_room("QMNIST", told=True, opener=TEACHER).code
    other = open_quiz(room=elsewhere)
    assert any("QMNIST is not on this machine" in one.value and "You play alone" in one.value for one in other.warning)
    play(other, 1)
    assert counted(elsewhere) == (0, 0)  # what is read of one set is never counted for another
    downloads.MNIST.last.cancel()


# The room


def test_whoever_opens_a_room_sees_its_code_and_others_answers_on_the_board() -> None:
    teacher = press(open_quiz(TEACHER, "The room"), "quiz open")
    code = teacher.session_state[rounds.GAME].room.code
    assert address_of(teacher) == {"room": code, "view": "The room"} and f">{code}<" in html(teacher)
    assert "0 players, 0 answers" in text_of(teacher)
    for _ in range(2):
        play(open_quiz(room=code.lower()), 3)
    rerun(teacher)
    assert "2 players, 6 answers" in text_of(teacher) and "<span>6 of 6</span>" in html(teacher)
    assert html(teacher).count('<div class="ns-contestant"') == len(DEFAULT_NETWORKS)


def test_the_board_shows_what_fooled_people_only_when_asked() -> None:
    code = open_room()
    play(open_quiz(room=code), 2, right=False)
    app = open_quiz(TEACHER, "The room", room=code)
    assert "ns-fooling" not in html(app)
    app.toggle(key="quiz fooling").set_value(True)
    assert html(rerun(app)).count("1 of 1 misread this") == 2 * 2  # below the picture and in its stead


def test_a_room_is_joined_by_its_code_and_left_again() -> None:
    code = open_room()
    app = open_quiz(view="The room")
    app.text_input(key="quiz code").set_value("nope1")
    next(one for one in app.button if one.label == "Join").click()
    assert "four letters" in rerun(app).warning[-1].value
    app.text_input(key="quiz code").set_value(code.lower())
    next(one for one in app.button if one.label == "Join").click()
    assert f"room **{code}**" in captions(rerun(app)) and address_of(app) == {"room": code}
    assert "Digit 1 of 20" in text_of(app)
    play(app, 2)
    app.session_state[rounds.VIEW] = "The room"
    assert f">{code}<" in html(rerun(app)) and address_of(app) == {"room": code, "view": "The room"}
    press(app, "quiz leave")
    assert "round" in address_of(app) and app.session_state[rounds.GAME].room is None
    app.text_input(key="quiz code").set_value(code)
    next(one for one in app.button if one.label == "Join").click()
    assert "Digit 3 of 20" in text_of(press(rerun(app), "quiz next")) and counted(code) == (1, 2)


def test_a_reload_goes_on_with_the_round_as_the_same_player(monkeypatch: pytest.MonkeyPatch) -> None:
    code = open_room()
    for link, place in (({"room": code}, code), ({"round": "7"}, "7")):
        kept = play(open_quiz(**link), 3).session_state[rounds.GAME].to_kept()
        assert kept.place == place
        monkeypatch.setattr(kept_game, "read", lambda kept=kept: kept)
        app = open_quiz(**link)
        game = app.session_state[rounds.GAME]
        assert "Digit 4 of 20" in text_of(app) and (game.player, game.answers) == (kept.player, kept.answers)
        press(press(play(app, 1), "quiz next"), "quiz stop")
        assert "You read 4 of 4" in text_of(app)
    assert counted(code) == (1, 4)
    assert "Digit 1 of 20" in text_of(open_quiz(round="8"))  # another round is not the one that was kept


def test_a_view_of_the_quiz_has_a_link() -> None:
    app = open_page("quiz", view="The room")
    assert app.text_input(key="quiz code") and address_of(app)["view"] == "The room"
    code = open_room()
    board = open_page("quiz", view="The room", room=code)
    assert f">{code}<" in html(board) and "0 players, 0 answers" in text_of(board)
    assert "Digit 1 of 20" in text_of(open_page("quiz", room=code))


def test_only_whoever_opened_the_room_is_offered_its_end() -> None:
    code = open_room()
    pupil = open_quiz(PUPIL, "The room", room=code)
    assert not [one for one in pupil.button if one.key == "quiz remove"]
    playing = play(open_quiz(room=code), 1)
    press(open_quiz(TEACHER, "The room", room=code), "quiz remove")
    assert "no longer exists" not in text_of(playing)
    press(play(playing, 1), "quiz next")
    assert "no longer exists. Your answers count no more" in playing.warning[0].value
    assert "Digit 3 of 20" in text_of(playing)


def test_a_player_s_next_round_in_the_room_is_the_next_one_for_all() -> None:
    code = open_room()
    app = open_quiz(room=code)
    for _ in range(2):
        press(play(app, 1), "quiz next")
        press(app, "quiz stop")
        press(app, "quiz again")
    assert counted(code) == (1, 2)
    seeds = [app.session_state[rounds.GAME].seed, RoomBoard(database_url()).find(code).seed]
    assert seeds[0] == seeds[1] + 2


@pytest.mark.slow
def test_what_a_lost_database_could_not_take_is_kept_and_sent_when_it_is_back(
    monkeypatch: pytest.MonkeyPatch, no_rest: None
) -> None:
    with own_postgres() as server:
        monkeypatch.setenv(DATABASE_VARIABLE, server.url)
        code = open_room()
        app = play(open_quiz(room=code), 2)
        server.kill()
        press(play(app, 2), "quiz next")
        assert "2 of your answers wait here" in app.warning[0].value and "Digit 5 of 20" in text_of(app)
        press(app, "quiz stop")
        assert "You read 4 of 4" in text_of(app) and "2 of your answers wait" in app.warning[0].value
        board = open_quiz(TEACHER, "The room", room=code)
        assert "cannot be reached now" in board.warning[0].value
        late = open_quiz(room=code)
        assert "You play alone until then" in late.warning[0].value and address_of(late) == {"room": code}
        server.start()
        assert not rerun(app).warning and counted(code) == (1, 4)
        assert not rerun(late).warning and late.session_state[rounds.GAME].room.code == code
        rooms.board().close()


def test_a_wrong_address_of_the_database_costs_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(DATABASE_VARIABLE, "mysql://somewhere")
    app = press(open_quiz(TEACHER, "The room"), "quiz open")
    assert "is no address of a database" in app.warning[0].value
    assert "Digit 1 of 20" in text_of(open_page("quiz"))


# In a browser


@pytest.mark.slow
@pytest.mark.browser
def test_a_round_is_played_with_the_keys_alone(server: str, page: Page) -> None:
    page.goto(f"{server}/quiz?round=7")
    expect(page.get_by_text("Digit 1 of 20")).to_be_visible(timeout=PATIENCE)
    for number in range(3):
        press_until(page, str(3 * number), page.get_by_text("it is a"))
        expect(page.locator(".ns-verdict")).to_have_count(1 + len(DEFAULT_NETWORKS), timeout=PATIENCE)
        expect(page.locator(".ns-verdict b").first).to_have_text(str(3 * number), timeout=PATIENCE)
        press_until(page, "Enter", page.get_by_text(f"Digit {number + 2} of 20"))
    page.get_by_role("button", name="End the round").click()
    expect(page.get_by_text(re.compile("You read [0-3] of 3"))).to_be_visible(timeout=PATIENCE)
    expect(page.locator(".ns-contestant")).to_have_count(2 + len(DEFAULT_NETWORKS), timeout=PATIENCE)
    page.keyboard.press("Enter")  # a second one, which keeps the results
    again = page.get_by_role("button", name="Another round")
    expect(again).to_be_visible(timeout=PATIENCE)
    again.focus()
    press_until(page, "Enter", page.get_by_text("Digit 1 of 20"))
    assert not [text for text in page.complaints if "404" not in text]  # type: ignore[attr-defined]


@pytest.mark.slow
@pytest.mark.browser
def test_a_phone_joins_a_room_by_its_link_and_the_board_fills_while_it_plays(
    server: str, page: Page, phone: Page
) -> None:
    page.goto(f"{server}/quiz")
    page.get_by_role("radio", name="The room").click(timeout=PATIENCE)
    page.get_by_role("button", name="Open a room").click(timeout=PATIENCE)
    expect(page.get_by_text("0 players, 0 answers")).to_be_visible(timeout=PATIENCE)
    expect(page).to_have_url(re.compile(r"\?room=[A-Z]{4}&view=The\+room$"), timeout=PATIENCE)
    phone.goto(page.url.replace("&view=The+room", ""))
    for number in range(2):
        expect(phone.get_by_text(f"Digit {number + 1} of 20")).to_be_visible(timeout=PATIENCE)
        phone.get_by_role("button", name="7", exact=False).first.tap()
        expect(phone.locator(".ns-verdict")).to_have_count(1 + len(DEFAULT_NETWORKS), timeout=PATIENCE)
        phone.get_by_role("button", name="Next digit").tap()
    expect(page.get_by_text("1 player, 2 answers")).to_be_visible(timeout=PATIENCE)
    phone.reload()
    expect(phone.get_by_text("Digit 3 of 20")).to_be_visible(timeout=PATIENCE)
    phone.get_by_role("button", name="7", exact=False).first.tap()
    expect(page.get_by_text("1 player, 3 answers")).to_be_visible(timeout=PATIENCE)
    page.reload()
    expect(page.get_by_text("1 player, 3 answers")).to_be_visible(timeout=PATIENCE)
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_role("button", name="Delete the room").click()
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_role("button", name="Open a room")).to_be_visible(timeout=PATIENCE)
