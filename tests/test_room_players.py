"""Nicknames in a room, and who stands where."""

import threading

import pytest

from core.classroom import room_players
from core.classroom.game_kinds import GameKind
from core.classroom.nicknames import ADJECTIVES, ANIMALS, MAX_LENGTH, NicknameError, draw_nickname, read_nickname
from core.classroom.room_board import RoomBoard
from core.classroom.room_database import RoomError
from core.classroom.room_players import Standing, best_places
from tests.room_answers import TEACHER, answer, open_room


def test_a_drawn_nickname_is_one_that_could_be_typed() -> None:
    assert len(set(ADJECTIVES)) == len(ADJECTIVES) and len(set(ANIMALS)) == len(ANIMALS)
    assert max(map(len, ADJECTIVES)) + 1 + max(map(len, ANIMALS)) <= MAX_LENGTH
    name = draw_nickname()
    assert read_nickname(f"  {name.replace(' ', '   ')} ") == name


@pytest.mark.parametrize(
    "text", ["", " x ", "x" * 21, "<b>bold</b>", "a\x00b", "[link](//b)", "\u202eabc", "--", ". '"]
)
def test_what_is_no_nickname_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(NicknameError, match="^A nickname "):
        read_nickname(text)


@pytest.mark.parametrize("text", ["Zoë", "李小龙", "Anne-Marie 2", "O'Neill Jr.", "हिन्दी"])
def test_names_of_many_languages_are_nicknames(text: str) -> None:
    assert read_nickname(text) == text


def test_an_accent_of_its_own_becomes_part_of_its_letter() -> None:
    assert read_nickname("Zoe\u0308") == "Zo\u00eb"


def test_a_player_keeps_the_nickname_that_was_drawn(rooms: RoomBoard) -> None:
    room, other = open_room(rooms), open_room(rooms)
    name = rooms.players.join(room, "1")
    assert rooms.players.join(room, "1") == name and rooms.players.count(room) == 1
    assert rooms.players.count(other) == 0
    assert rooms.players.rename(room, "1", " Ann  B ") == "Ann B" == rooms.players.join(room, "1")


def test_two_players_of_a_room_never_have_one_nickname(rooms: RoomBoard, monkeypatch: pytest.MonkeyPatch) -> None:
    room, drawn = open_room(rooms), iter(["Red Fox", "Red Fox", "Blue Bee"])
    monkeypatch.setattr(room_players, "draw_nickname", lambda: next(drawn))
    assert [rooms.players.join(room, player) for player in "12"] == ["Red Fox", "Blue Bee"]
    with pytest.raises(RoomError, match="Somebody else in this room"):
        rooms.players.rename(room, "2", "red fox")
    rooms.players.rename(room, "1", "Émile")
    with pytest.raises(RoomError, match="Somebody else in this room"):
        rooms.players.rename(room, "2", "émile")
    assert rooms.players.rename(room, "2", "blue bee") == "blue bee"


def test_a_drawn_nickname_differs_from_others_in_more_than_capitals(
    rooms: RoomBoard, monkeypatch: pytest.MonkeyPatch
) -> None:
    room, drawn = open_room(rooms), iter(["Blue Bee", "Red Fox", "Green Owl"])
    monkeypatch.setattr(room_players, "draw_nickname", lambda: next(drawn))
    rooms.players.join(room, "1")
    rooms.players.rename(room, "1", "red fox")
    assert rooms.players.join(room, "2") == "Green Owl"


def test_who_is_not_in_the_room_any_more_hears_that_and_not_that_the_nickname_is_taken(rooms: RoomBoard) -> None:
    room = open_room(rooms)
    rooms.players.join(room, "1")
    rooms.remove(room, TEACHER)
    with pytest.raises(RoomError, match="not in the room"):
        rooms.players.rename(room, "1", "Ann")


def test_a_nickname_that_another_player_takes_at_the_same_moment_is_no_missing_room(rooms: RoomBoard) -> None:
    room = open_room(rooms)
    for player in "12":
        rooms.players.join(room, player)
    with pytest.raises(RoomError, match="Somebody else stored"), rooms._database.begin() as connection:
        connection.exec_driver_sql("UPDATE players SET name = 'Ann'")


def test_sixty_players_who_join_at_once_are_sixty(rooms: RoomBoard) -> None:
    room = open_room(rooms)
    threads = [threading.Thread(target=rooms.players.join, args=(room, str(number))) for number in range(60)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert rooms.players.count(room) == 60


def test_there_is_an_end_to_the_players_of_a_room(rooms: RoomBoard, monkeypatch: pytest.MonkeyPatch) -> None:
    room = open_room(rooms)
    monkeypatch.setattr(room_players, "MAX_PLAYERS", 1)
    rooms.players.join(room, "1")
    with pytest.raises(RoomError, match="is full: it holds 1 players"):
        rooms.players.join(room, "2")
    rooms.players.join(room, "1")


def test_nicknames_go_with_their_room(rooms: RoomBoard) -> None:
    room = open_room(rooms)
    rooms.players.join(room, "1")
    rooms.remove(room, TEACHER)
    assert rooms.players.count(room) == 0
    with pytest.raises(RoomError, match="no longer exists"):
        rooms.players.join(room, "1")


def test_the_export_of_a_room_has_no_nicknames(rooms: RoomBoard) -> None:
    room = open_room(rooms)
    rooms.players.join(room, "1")
    rooms.players.rename(room, "1", "Ann Example")
    rooms.add(room, [answer(0)])
    assert b"Ann" not in rooms.export(room)


def test_players_stand_by_their_correct_answers_and_share_places(rooms: RoomBoard) -> None:
    room = open_room(rooms)
    for player, right in (("1", 2), ("2", 3), ("3", 2), ("4", 0)):
        rooms.players.join(room, player)
        rooms.players.rename(room, player, f"Player {player}")
        rooms.add(room, [answer(n, player=player, said=3 if n < right else 4) for n in range(3)])
    rooms.players.join(room, "5")  # gave no answer
    standings = rooms.players.standings(room, round=0)
    assert standings == [Standing(f"Player {name}", right, 3) for name, right in ((2, 3), (1, 2), (3, 2), (4, 0))]
    assert [[one.name for one in place] for place in best_places(standings)] == [["Player 2"], ["Player 1", "Player 3"]]
    assert rooms.players.standings(room, round=1) == [] == best_places([])


def test_who_fools_the_network_with_less_noise_stands_before_who_needs_more(rooms: RoomBoard) -> None:
    room = open_room(rooms)
    for player, strengths in (("1", (7, 9)), ("2", (5, 5)), ("3", (2, 9)), ("4", (6, 6)), ("5", (2, 2))):
        rooms.players.join(room, player)
        rooms.players.rename(room, player, f"Player {player}")
        rooms.add(room, [answer(n, player=player, said=said, label=5) for n, said in enumerate(strengths)])
    standings = rooms.players.standings(room, round=0, kind=GameKind.FOOL)
    found = [(one.name[-1], one.right, one.noise) for one in standings]
    assert found == [("2", 2, 10), ("4", 2, 12), ("1", 2, 16), ("3", 1, 9), ("5", 0, 0)]
    first = rooms.players.standings(room, round=0, number=0, kind=GameKind.FOOL)
    assert [(one.name[-1], one.right, one.noise) for one in first][:3] == [("2", 1, 5), ("4", 1, 6), ("1", 1, 7)]
    assert [[one.name[-1] for one in place] for place in best_places(standings)] == [["2"], ["4"], ["1"]]
