"""Nicknames of players: drawn from a list, or chosen."""

import secrets
import unicodedata

ADJECTIVES = (
    "Amber Blue Brave Bright Calm Clever Cosy Crimson Curious Dotted Eager Fast Gentle Golden Green Happy Hazel Honest "
    "Jolly Keen Kind Light Lively Lucky Mellow Merry Mighty Neat Nimble Orange Patient Polite Purple Quick Quiet Red "
    "Round Silver Sleepy Small Smart Snowy Striped Sunny Swift Tall Tidy Violet Warm Wise"
).split()
ANIMALS = (
    "Badger Bat Bear Beaver Bee Bison Camel Cat Crab Crane Crow Deer Dolphin Dove Duck Eagle Falcon Finch Fox Frog "
    "Gecko Goose Hare Hawk Hedgehog Heron Horse Ibis Koala Lark Lion Lizard Llama Lynx Mole Moose Moth Mouse Newt "
    "Otter Owl Panda Penguin Puffin Rabbit Raven Robin Seal Swan Tiger Toad Turtle Walrus Whale Wolf Wren Yak Zebra"
).split()
MIN_LENGTH, MAX_LENGTH = 2, 20  # characters of a chosen one


class NicknameError(ValueError):
    """What cannot be a nickname; the message is one sentence."""


def draw_nickname() -> str:
    """Return one of about 3,000 nicknames."""
    return f"{secrets.choice(ADJECTIVES)} {secrets.choice(ANIMALS)}"


def read_nickname(text: str) -> str:
    """Return a chosen nickname without needless spaces. Raises NicknameError."""
    name = unicodedata.normalize("NFC", " ".join(text.split()))
    if not MIN_LENGTH <= len(name) <= MAX_LENGTH:
        raise NicknameError(f"A nickname has {MIN_LENGTH} to {MAX_LENGTH} characters.")
    if not all(one.isalnum() or one in " -'." or _is_accent(one) for one in name):
        raise NicknameError("A nickname consists of letters, digits, spaces, hyphens, full stops and apostrophes.")
    if not any(one.isalnum() for one in name):
        raise NicknameError("A nickname has at least one letter or digit.")
    return name


def _is_accent(one: str) -> bool:
    """Say whether a character belongs to the letter before it, as the vowel signs of Hindi do."""
    return unicodedata.category(one).startswith("M")
