"""A game at the teacher's pace on the page "Human or machine": one tab leads, the others follow."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from streamlit.testing.v1 import AppTest

from core.classroom import room_database, room_players
from core.classroom.game_kinds import GameKind
from core.classroom.paced_games import GamePlan
from core.classroom.room_board import RoomBoard
from core.classroom.room_database import DATABASE_VARIABLE, database_url
from dashboard.quiz import kept_game, paced, plan_form, rounds
from dashboard.server import caches, rooms
from dashboard.server.scene import DEFAULT_NETWORKS
from tests.browser import click_until
from tests.pages import captions, html, open_page, press, rerun, text_of
from tests.postgres import own_postgres
from tests.sample_digits import real_set

TEACHER, PUPIL = "a" * 32, "b" * 32
PATIENCE = 60_000  # milliseconds
PLAN = GamePlan(2, ("HCUT", "TCUT"))
REAL_OR_MADE = GamePlan(2, kind=GameKind.REAL_OR_MADE)


@pytest.fixture(autouse=True)
def own_rooms(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the test a database of rooms of its own."""
    monkeypatch.delenv(DATABASE_VARIABLE, raising=False)


def open_room(plan: GamePlan = PLAN) -> str:
    board = RoomBoard(database_url())
    code = board.open_room(real_set().name, told=True, opener=TEACHER, plan=plan).code
    board.close()
    return code


def open_quiz(visitor: str, view: str, code: str) -> AppTest:
    return open_page("quiz", state={"visitor": visitor, "quiz view": view}, room=code)


def lead(code: str) -> AppTest:
    return open_quiz(TEACHER, "The room", code)


def join(code: str) -> AppTest:
    return open_quiz(PUPIL, "Play", code)


def buttons(app: AppTest) -> set[str]:
    """Return the keys of the page's buttons, without their places."""
    return {str(button.key).partition(" at ")[0] for button in app.button}


def label_of(code: str, number: int) -> int:
    """Return what the digit of this question is."""
    room = RoomBoard(database_url()).find(code)
    return paced.read_scene(room, caches.shipped_zoo()[0]).content.asked[number].label


def test_the_teacher_opens_such_a_room_with_its_settings() -> None:
    app = open_page("quiz", state={"visitor": TEACHER, "quiz view": "The room"})
    assert not [slider for slider in app.slider if slider.key == "quiz questions"]
    app.button_group(key="quiz pace").set_value("The teacher's")
    rerun(app)
    app.slider(key="quiz questions").set_value(5)
    app.button_group(key="quiz cuts").set_value(["VCUT"])
    app.select_slider(key="quiz seconds").set_value(20)
    app.toggle(key="quiz podium plan").set_value(False)
    press(rerun(app), "quiz open")
    code = app.session_state[rounds.GAME].room.code
    assert (
        f">{code}<" in html(app)
        and "0 players have joined" in text_of(app)
        and "5 digits, 20 s for each" in text_of(app)
    )
    game = RoomBoard(database_url()).games.read(code)
    assert game is not None and game.plan == GamePlan(5, ("VCUT",), 20, False)


def test_players_follow_the_teacher_from_digit_to_digit_to_the_end() -> None:
    code = open_room()
    teacher, player, idle = lead(code), join(code), join(code)
    assert "Wait for the first digit" in text_of(player) and "quiz 3" not in buttons(player)
    assert "2 players have joined" in text_of(rerun(teacher))
    for number in range(2):
        press(teacher, "quiz step")
        assert f"Digit {number + 1} of 2" in text_of(rerun(player)) and "ns-verdict" not in html(player)
        press(player, f"quiz {label_of(code, number)}")
        assert f"You answered {label_of(code, number)}" in text_of(player) and "ns-verdict" not in html(player)
        assert "**1 of 2** players have answered" in text_of(rerun(teacher)) and "ns-verdict" not in html(teacher)
        press(teacher, "quiz step")
        assert "1 of 1 players read it correctly" in text_of(teacher) and "Most frequent" in html(teacher)
        assert html(rerun(player)).count('<div class="ns-verdict') == 1 + len(DEFAULT_NETWORKS)
        assert f"Right: it is a {label_of(code, number)}" in text_of(player)
        assert f"You did not answer: it is a {label_of(code, number)}" in text_of(rerun(idle))
    press(teacher, "quiz step")
    nickname = player.session_state[rounds.GAME].nickname
    assert "2 of 2 answers are correct" in text_of(teacher) and f"<strong>{nickname}</strong><span>2 of 2" in html(
        teacher
    )
    assert html(teacher).count('<div class="ns-contestant"') == len(DEFAULT_NETWORKS)
    assert "VCUT" not in html(teacher).split("ns-heads")[1].split("ns-people")[0]
    assert "You read 2 of 2" in text_of(rerun(player)) and "You read 0 of 2" in text_of(rerun(idle))
    press(teacher, "quiz step")
    assert "Wait for the first digit" in text_of(rerun(player)) and "2 players have joined" in text_of(teacher)
    press(teacher, "quiz step")
    assert "Digit 1 of 2" in text_of(rerun(player)), "the second game has other digits, and no answer to them yet"


def test_players_tell_real_digits_from_made_ones() -> None:
    code = open_room(REAL_OR_MADE)
    teacher, player = lead(code), join(code)
    assert "**Real or made**: 2 digits" in text_of(teacher)
    for number, right in enumerate((True, False)):
        press(teacher, "quiz step")
        assert f"Digit {number + 1} of 2: real or made?" in text_of(rerun(player))
        label = label_of(code, number)
        press(player, f"quiz {label if right else 1 - label}")
        press(teacher, "quiz step")
        solution = ("a person wrote it", "the generator made it")[label]
        assert f"{'Right' if right else 'Wrong'}: {solution}" in text_of(rerun(player))
        assert html(player).count('<div class="ns-verdict') == html(teacher).count('<div class="ns-verdict') == 2
        assert "Discriminator" in html(player) and f"{int(right)} of 1 players answered correctly" in text_of(teacher)
    press(teacher, "quiz step")
    assert "You recognised 1 of 2" in text_of(rerun(player)) and "1 of 2 answers are correct" in text_of(teacher)
    assert html(teacher).count('<div class="ns-contestant"') == 1, "the discriminator's, below the players'"
    assert "1 of 1 players said" in html(teacher) and "ns-podium" in html(teacher)
    assert ("That is a clue" in captions(teacher)) == (real_set().name != "MNIST")


def hand_in(app: AppTest, strength: int) -> AppTest:
    """Move the slider of the noise, and press the button below it."""
    app.slider[0].set_value(strength)
    return press(rerun(app), "quiz hand in")


def test_the_least_noise_that_fools_the_network_wins() -> None:
    codes = (open_room(GamePlan(1, kind=GameKind.FOOL)) for _ in range(50))
    code = next(code for code in codes if label_of(code, 0) > 1)  # so that there is noise that is too little
    teacher, players = lead(code), [join(code) for _ in range(3)]
    names = [player.session_state[rounds.GAME].nickname for player in players]
    press(teacher, "quiz step")
    enough = label_of(code, 0)
    clean = html(rerun(players[0]))
    assert next(one for one in players[0].button if one.label == "Hand in").disabled, "there is no noise yet"
    for player, strength in zip(players, (enough + 1, enough, enough - 1), strict=True):
        assert "how little noise fools the network?" in text_of(rerun(player))
        assert f"You answered {strength}" in text_of(hand_in(player, strength))
    assert "with 0 % noise" in clean and "with 0 % noise" in html(rerun(teacher)), "the projector shows no noise"
    press(teacher, "quiz step")
    assert f"{enough} % noise is enough" in text_of(teacher) and "2 of 3 players fooled the network" in text_of(teacher)
    first, second = html(teacher).split("ns-place-1")[1].split("ns-place-2")
    assert names[1] in first and f"noise {enough} %" in first and names[0] in second and names[2] not in html(teacher)
    for player, verdict in zip(players, ("Fooled", "Fooled", "Not fooled"), strict=True):
        assert text_of(rerun(player)).count(f"{verdict}: ") == 1 and "Your noise" in html(player)
    press(teacher, "quiz step")
    assert "2 of 3 answers fooled the network" in text_of(teacher) and f"least handed in: {enough} %" in html(teacher)
    assert f"1 of 1 · noise {enough} %" in html(teacher) and "1 of 3 players handed in too little" in html(teacher)
    assert "You fooled the network 0 of 1 times" in text_of(rerun(players[2])) and "not fooled" in html(players[2])


def test_the_teacher_chooses_what_is_asked() -> None:
    app = open_page("quiz", state={"visitor": TEACHER, "quiz view": "The room"})
    app.button_group(key="quiz pace").set_value("The teacher's")
    rerun(app).button_group(key="quiz kind").set_value(GameKind.REAL_OR_MADE)
    assert not {"quiz cuts", "quiz told"} & {one.key for one in (*rerun(app).button_group, *app.toggle)}
    press(app, "quiz open")
    game = RoomBoard(database_url()).games.read(app.session_state[rounds.GAME].room.code)
    assert game is not None and game.plan == GamePlan(plan_form.QUESTIONS, kind=GameKind.REAL_OR_MADE)


def test_a_podium_can_be_left_out() -> None:
    code = open_room(GamePlan(1, ("HCUT",), podium=False))
    teacher, player = lead(code), join(code)
    press(teacher, "quiz step")
    press(rerun(player), f"quiz {label_of(code, 0)}")
    press(press(teacher, "quiz step"), "quiz step")
    assert "1 of 1 answers are correct" in text_of(teacher) and "ns-podium" not in html(teacher)


def test_the_teacher_ends_a_game_early_and_it_counts_as_far_as_it_went() -> None:
    code = open_room()
    teacher, player = lead(code), join(code)
    press(teacher, "quiz step")
    press(rerun(player), f"quiz {(label_of(code, 0) + 1) % 10}")
    press(teacher, "quiz end")
    assert "0 of 1 answers are correct" in text_of(teacher) and "1 of 1 misread this" in html(teacher)


def test_the_end_button_ends_the_game_also_where_the_page_is_a_step_behind() -> None:
    code = open_room()
    press(lead(code), "quiz step")
    behind = lead(code)
    press(lead(code), "quiz step")
    press(behind, "quiz end")
    assert "0 of 0 answers are correct" in text_of(behind)


def test_a_player_who_watches_the_room_has_no_buttons_to_lead_it() -> None:
    code = open_room()
    press(lead(code), "quiz step")
    watching = open_quiz(PUPIL, "The room", code)
    assert "Digit 1 of 2" in text_of(watching) and not {"quiz step", "quiz end"} & buttons(watching)
    paced_game = RoomBoard(database_url()).games
    before = paced_game.read(code)
    scene = paced.read_scene(watching.session_state[rounds.GAME].room, caches.shipped_zoo()[0])
    with pytest.raises(room_database.RoomError, match="Only whoever opened"):
        paced_game.move(code, scene.at, scene.game.next_position(), PUPIL)
    assert paced_game.read(code) == before


def test_when_the_time_is_up_no_answer_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    code = open_room(GamePlan(1, ("HCUT",), seconds=300))
    teacher, player, late = lead(code), join(code), join(code)
    press(teacher, "quiz step")
    assert re.search("(300|2[0-9][0-9]) s left", captions(rerun(player)))
    press(player, "quiz 3")
    rerun(late)
    board = RoomBoard(database_url())
    with board._database.begin() as connection:
        connection.exec_driver_sql("UPDATE games SET asked = asked - 400")
    press(late, "quiz 3")
    assert "time was up before your answer" in late.warning[0].value and "The time is up" in text_of(late)
    assert "quiz 3" not in buttons(late) and "**1 of 2** players" in text_of(rerun(teacher))


def test_a_reload_and_another_tab_of_the_same_browser_are_the_same_player(monkeypatch: pytest.MonkeyPatch) -> None:
    code = open_room()
    teacher, player = lead(code), join(code)
    press(teacher, "quiz step")
    press(rerun(player), "quiz 3")
    kept = player.session_state[rounds.GAME].to_kept()
    monkeypatch.setattr(kept_game, "read", lambda: kept)
    again = join(code)
    assert "You answered 3" in text_of(again)
    assert again.session_state[rounds.GAME].nickname == player.session_state[rounds.GAME].nickname
    assert "**1 of 1** players" in text_of(rerun(teacher))


def test_a_nickname_is_drawn_or_chosen_and_never_html() -> None:
    code = open_room()
    player = join(code)
    drawn = player.session_state[rounds.GAME].nickname
    assert re.fullmatch(r"[A-Z]\w+ [A-Z]\w+", drawn)
    for typed, shown in (("<b>x</b>", drawn), ("Ann", "Ann")):
        player.text_input(key="quiz nickname").set_value(typed)
        next(one for one in player.button if one.label == "Change").click()
        rerun(player)
        assert player.session_state[rounds.GAME].nickname == shown
    other = join(code)
    other.text_input(key="quiz nickname").set_value("ann")
    next(one for one in other.button if one.label == "Change").click()
    assert "Somebody else" in rerun(other).warning[0].value


def test_a_room_that_is_removed_in_the_middle_costs_a_sentence() -> None:
    code = open_room()
    teacher, player = lead(code), join(code)
    press(teacher, "quiz step")
    press(teacher, "quiz remove")
    player.session_state[rounds.GAME].problem = "The time was up before your answer arrived."
    assert "This room was removed" in rerun(player).warning[0].value


def test_a_click_that_arrives_late_meets_no_button_of_the_next_step() -> None:
    code, seen = open_room(), []
    teacher, player = lead(code), join(code)
    for _ in range(6):  # two digits and the results
        seen += [button.key for button in teacher.button if str(button.key).startswith("quiz step")]
        seen += [button.key for button in rerun(player).button if str(button.key).startswith("quiz 3")]
        press(teacher, "quiz step")
    assert len(seen) == len(set(seen)) == 6 + 2


def test_a_second_enter_keeps_the_results_on_the_projector() -> None:
    code = open_room(GamePlan(1, ("HCUT",)))
    teacher, shortcuts = lead(code), []
    for _ in range(4):
        shortcuts += [one.proto.shortcut for one in teacher.button if str(one.key).startswith("quiz step")]
        press(teacher, "quiz step")
    assert [bool(one) for one in shortcuts] == [True, True, True, False]


def test_the_answer_of_who_is_not_in_the_room_yet_waits_until_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room_players, "MAX_PLAYERS", 0)
    code = open_room()
    player = join(code)
    press(lead(code), "quiz step")
    press(rerun(player), "quiz 3")
    assert [one.value for one in player.warning] == [f"The room {code} is full: it holds 0 players."]
    monkeypatch.setattr(room_players, "MAX_PLAYERS", 1)
    assert "You answered 3" in text_of(rerun(player)) and not player.warning


@pytest.mark.slow
def test_a_game_goes_on_where_it_was_when_its_database_is_back(monkeypatch: pytest.MonkeyPatch, no_rest: None) -> None:
    with own_postgres() as server:
        monkeypatch.setenv(DATABASE_VARIABLE, server.url)
        code = open_room()
        teacher, player = lead(code), join(code)
        press(teacher, "quiz step")
        rerun(player)
        server.kill()
        press(player, "quiz 3")
        assert "Your answer waits here" in player.warning[0].value
        press(teacher, "quiz step")
        assert "cannot be reached now" in teacher.warning[0].value
        server.start()
        assert "You answered 3" in text_of(rerun(player)) and not player.warning
        assert "**1 of 1** players have answered" in text_of(rerun(teacher))
        rooms.board().close()


@pytest.mark.browser
@pytest.mark.slow
def test_phones_follow_the_projector(server: str, page: Page, phone: Page) -> None:
    page.goto(f"{server}/quiz?view=The+room")
    teachers_pace = page.get_by_text("The teacher's", exact=True)
    expect(teachers_pace).to_be_visible(timeout=PATIENCE)
    click_until(teachers_pace, page.get_by_text("Show a podium at the end"))
    page.get_by_role("button", name="Open a room").click(timeout=PATIENCE)
    expect(page.get_by_text("0 players have joined")).to_be_visible(timeout=PATIENCE)
    expect(page).to_have_url(re.compile(r"\?room=[A-Z]{4}&view=The\+room$"), timeout=PATIENCE)
    code = re.findall("room=([A-Z]{4})", page.url)[0]
    phone.goto(server)
    phone.get_by_label("Join a room").fill(code.lower())
    phone.get_by_role("button", name="Join", exact=True).tap()
    expect(phone.get_by_text("Wait for the first digit")).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text("1 player has joined")).to_be_visible(timeout=PATIENCE)
    page.get_by_role("button", name="Start").click()
    expect(phone.get_by_text("Digit 1 of 8: what was it?")).to_be_visible(timeout=PATIENCE)
    phone.get_by_role("button", name="7", exact=False).first.tap()
    expect(phone.get_by_text("You answered 7")).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text("1 of 1 players have answered")).to_be_visible(timeout=PATIENCE)
    phone.reload()
    expect(phone.get_by_text("You answered 7")).to_be_visible(timeout=PATIENCE)
    page.get_by_role("button", name="Show the solution").click()
    expect(page.get_by_role("button", name="Next digit")).to_be_visible(timeout=PATIENCE)
    expect(phone.locator(".ns-verdict")).to_have_count(1 + len(DEFAULT_NETWORKS), timeout=PATIENCE)
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_role("button", name="End the game").click()
    expect(phone.get_by_text(re.compile("You read [01] of 1"))).to_be_visible(timeout=PATIENCE)
    expect(page.locator(".ns-contestant")).to_have_count(2 + len(DEFAULT_NETWORKS), timeout=PATIENCE)
    assert not [text for text in page.complaints if "404" not in text]  # type: ignore[attr-defined]
