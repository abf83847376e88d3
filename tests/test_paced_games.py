"""Games at the teacher's pace, in both databases: one position for all, every answer once, nothing lost in a crash."""

import threading
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sql

from core.classroom import paced_games
from core.classroom.game_kinds import GameKind
from core.classroom.paced_games import GamePlan, PacedGame, Position, Stage, most_frequent
from core.classroom.quiz_scores import Answer
from core.classroom.room_board import RoomBoard
from core.classroom.room_database import RoomError, RoomUnreachable
from core.classroom.room_tables import GAME_KINDS
from tests.job_runs import until
from tests.postgres import own_postgres
from tests.room_answers import TEACHER, answer, answer_until_killed, open_room, start_writer

OTHER = "b" * 32
PLAN = GamePlan(3, ("HCUT", "TCUT"), seconds=30)
PLAYERS = 60


def open_game(rooms: RoomBoard, plan: GamePlan = PLAN) -> str:
    return rooms.open_room("MNIST", told=True, opener=TEACHER, plan=plan).code


def read(rooms: RoomBoard, code: str) -> PacedGame:
    game = rooms.games.read(code)
    assert game is not None
    return game


def step(rooms: RoomBoard, code: str, steps: int = 1) -> Position:
    """Go on as the teacher's button does."""
    for _ in range(steps):
        game = read(rooms, code)
        rooms.games.move(code, game.position, game.next_position(), TEACHER)
    return read(rooms, code).position


def give(rooms: RoomBoard, code: str, answer: Answer) -> bool:
    rooms.players.join(code, answer.player)
    return rooms.games.answer(code, answer)


# The teacher's steps


def test_a_game_goes_from_question_to_solution_to_its_end_and_begins_again(rooms: RoomBoard) -> None:
    code = open_game(rooms)
    assert read(rooms, code).plan == PLAN and read(rooms, code).position == Position()
    seen = [step(rooms, code) for _ in range(8)]
    assert [(at.stage, at.number) for at in seen] == [
        *((stage, number) for number in range(3) for stage in (Stage.ASKING, Stage.REVEALED)),
        (Stage.FINISHED, 2),
        (Stage.WAITING, 0),
    ]
    assert [at.round for at in seen] == [0] * 7 + [1]


@pytest.mark.parametrize("plan", [PLAN, GamePlan(8, kind=GameKind.REAL_OR_MADE)])
def test_a_room_has_the_kind_of_game_that_its_teacher_chose(rooms: RoomBoard, plan: GamePlan) -> None:
    assert read(rooms, open_game(rooms, plan)).plan == plan


def test_a_room_from_before_there_were_kinds_asks_for_partial_digits(rooms: RoomBoard) -> None:
    code = open_game(rooms)
    with rooms._database.begin() as connection:
        connection.execute(sql.delete(GAME_KINDS).where(GAME_KINDS.c.room == code))
    assert read(rooms, code).plan == PLAN


def test_a_room_at_each_player_s_own_pace_has_no_game(rooms: RoomBoard) -> None:
    assert rooms.games.read(open_room(rooms)) is None and rooms.games.read("BCDF") is None


def test_only_who_opened_the_room_leads_its_game(rooms: RoomBoard) -> None:
    code = open_game(rooms)
    with pytest.raises(RoomError, match="Only whoever opened"):
        rooms.games.move(code, Position(), Position(stage=Stage.ASKING), OTHER)
    assert read(rooms, code).position == Position()


def test_a_click_that_comes_twice_goes_on_once(rooms: RoomBoard) -> None:
    code = open_game(rooms)
    for _ in range(2):
        rooms.games.move(code, Position(), Position(stage=Stage.ASKING), TEACHER)
    asking = read(rooms, code)
    for _ in range(3):
        rooms.games.move(code, asking.position, asking.next_position(), TEACHER)
    assert read(rooms, code).position == Position(0, Stage.REVEALED, 0)


def test_the_seconds_left_are_counted_by_the_database(rooms: RoomBoard) -> None:
    code, endless = open_game(rooms), open_game(rooms, replace(PLAN, seconds=0))
    assert read(rooms, code).remaining is None
    step(rooms, code), step(rooms, endless)
    left = read(rooms, code).remaining
    assert left is not None and 20 < left <= 30 and read(rooms, endless).remaining is None
    step(rooms, code)
    assert read(rooms, code).remaining is None


@pytest.mark.parametrize(
    "plan",
    [
        GamePlan(0, ("HCUT",)),
        GamePlan(21, ("HCUT",)),
        GamePlan(3, ()),
        GamePlan(3, ("HCUT",), -1),
        GamePlan(3, ("HCUT",), kind=GameKind.REAL_OR_MADE),
    ],
)
def test_a_plan_out_of_bounds_opens_no_room(rooms: RoomBoard, plan: GamePlan) -> None:
    with pytest.raises(ValueError, match="out of bounds"):
        open_game(rooms, plan)


def test_a_room_that_holds_too_many_answers_begins_no_other_game(
    rooms: RoomBoard, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = open_game(rooms)
    step(rooms, code)
    give(rooms, code, answer(0))
    step(rooms, code, 6)
    monkeypatch.setattr(paced_games, "MAX_HELD", 0)
    with pytest.raises(RoomError, match="open a new room"):
        step(rooms, code)


# Answers


def test_an_answer_counts_while_its_question_is_asked_and_at_no_other_time(rooms: RoomBoard) -> None:
    code = open_game(rooms)
    assert not give(rooms, code, answer(0))
    step(rooms, code)
    assert (
        give(rooms, code, answer(0, said=7))
        and not give(rooms, code, answer(1))
        and not give(rooms, code, replace(answer(0), round=1))
    )
    step(rooms, code)
    assert not give(rooms, code, answer(0, player="late"))
    assert rooms.games.answers_of(code, 0, "1") == {0: 7} and rooms.games.distribution(code, 0, 0) == {7: 1}


def test_an_answer_that_is_sent_twice_counts_once_and_the_first_one_stays(rooms: RoomBoard) -> None:
    code = open_game(rooms)
    step(rooms, code)
    assert all(give(rooms, code, answer(0, said=said)) for said in (4, 9, 4))
    assert rooms.games.distribution(code, 0, 0) == {4: 1}
    step(rooms, code)
    assert give(rooms, code, answer(0, said=4)), "one that was stored in time is stored, also when it comes again"


def test_who_has_not_joined_is_not_counted(rooms: RoomBoard) -> None:
    code = open_game(rooms)
    step(rooms, code)
    assert not rooms.games.answer(code, answer(0)) and rooms.games.distribution(code, 0, 0) == {}


def test_the_class_that_most_answered_is_found_and_several_may_be(rooms: RoomBoard) -> None:
    code = open_game(rooms)
    step(rooms, code)
    for player, said in enumerate((4, 4, 9, 9, 1)):
        give(rooms, code, answer(0, player=str(player), said=said))
    found = rooms.games.distribution(code, 0, 0)
    assert found == {4: 2, 9: 2, 1: 1} and most_frequent(found) == [4, 9] and most_frequent({}) == []


def test_sixty_players_on_two_servers_are_counted_once_each(rooms: RoomBoard, rooms_url: str) -> None:
    code = open_game(rooms)
    step(rooms, code)
    with closing(RoomBoard(rooms_url)) as other:
        threads = [
            threading.Thread(target=give, args=(server, code, answer(0, player=str(player))))
            for player in range(PLAYERS)
            for server in (rooms, other)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert rooms.games.distribution(code, 0, 0) == other.games.distribution(code, 0, 0) == {3: PLAYERS}


def test_answers_of_a_game_are_the_room_s(rooms: RoomBoard) -> None:
    code = open_game(rooms)
    step(rooms, code)
    give(rooms, code, answer(0))
    players, counts = rooms.tallies(code)
    assert players == 1 and [(one.number, one.said, one.people) for one in counts] == [(0, 3, 1)]
    rooms.remove(code, TEACHER)
    assert rooms.games.read(code) is None and not rooms.games.answer(code, answer(0))


# When something is killed


@pytest.mark.slow
def test_a_database_that_is_killed_keeps_the_position_and_every_answer(no_rest: None) -> None:
    with own_postgres() as server, closing(RoomBoard(server.url)) as rooms:
        code = open_game(rooms)
        step(rooms, code)
        taken, _ = answer_until_killed(server, lambda number: give(rooms, code, answer(0, player=str(number))))
        with pytest.raises(RoomUnreachable):
            rooms.games.read(code)
        server.start()
        assert read(rooms, code).position == Position(0, Stage.ASKING, 0)
        again = [str(number) for number in range(len(taken) + 1)]  # the refused one, too
        assert all(give(rooms, code, answer(0, player=name)) for name in again)
        assert rooms.games.distribution(code, 0, 0) == {3: len(again)}


@pytest.mark.slow
def test_a_server_that_is_killed_loses_no_answer_that_it_took(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/rooms.db"
    with closing(RoomBoard(url)) as rooms:
        for kill in range(20):
            code = open_game(rooms)
            step(rooms, code)
            file = tmp_path / f"taken {kill}"
            writer = start_writer(url, code, "--paced", str(file))
            until(lambda file=file: file.exists() and file.stat().st_size > 100)
            writer.kill()
            writer.wait()
            taken = file.read_text().splitlines()[:-1]  # the last may be half a line
            assert all(rooms.games.answers_of(code, 0, player) == {0: 3} for player in taken) and len(taken) > 3
            assert read(rooms, code).position == Position(0, Stage.ASKING, 0)
