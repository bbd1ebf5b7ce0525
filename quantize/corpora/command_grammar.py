"""Texts of voice commands: coffee orders, home commands and digit strings, drawn from small grammars.

The coffee grammar is that of the public speech-to-intent benchmark of Picovoice; the home commands are
our own.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Collection

ORDERS = (
    "brew",
    "can i get",
    "can i have",
    "i want",
    "get me",
    "give me",
    "i'd like",
    "make me",
    "may i have",
)
SIZES = ("small", "medium", "large", "eight ounce", "twelve ounce", "sixteen ounce", "twenty ounce")
ROASTS = ("light roast", "medium roast", "dark roast")
SHOTS = ("single shot", "double shot", "triple shot")
DRINKS = (
    "americano", "cappuccino", "espresso", "latte", "mocha", "iced mocha", "coffee",
    "drip coffee", "house coffee", "iced coffee",
)  # fmt: skip
MILKS = ("milk", "skim milk", "whole milk", "soy milk", "almond milk", "cream")
SWEETENERS = ("sugar", "brown sugar", "sweetener", "honey", "syrup")
AMOUNTS = ("", "", "a little bit of", "a bit of", "some", "a lot of", "lots of")

WAKE_WORDS = ("alexa", "computer", "jarvis", "snowboy")
ROOMS = ("kitchen", "bedroom", "bathroom", "living room", "hallway", "office", "garage", "garden")
DEVICES = ("lights", "lamp", "fan", "heater", "radio", "television", "music", "thermostat")
DOORS = ("front door", "garage door", "garden door", "window", "blinds")
COLOURS = ("red", "green", "blue", "warm white", "brighter", "darker")
SHORT = (
    "stop", "cancel", "pause", "mute", "louder", "quieter", "yes please", "no thank you", "good morning",
    "good night", "help",
    "play music", "pause the music", "skip this song", "next song", "previous song", "what time is it",
    "volume up", "volume down",
    "what is the weather today", "lock the front door", "unlock the front door", "call home", "call mom",
    "call dad",
    "call the doctor", "call the office",
)  # fmt: skip
DIGITS = ("oh", "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
TEENS = (
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
)
TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")


ARTICLES = ("a", "an", "the", "one", "")
ARTICLE_WEIGHTS = (60, 7, 3, 2, 28)
"""How people say it: the article does not follow the first letter ("a iced mocha"), or is dropped."""


def coffee_order(generator: random.Random) -> str:
    """One coffee order, at most three adjectives in any order and two additions, in the words of people.

    Real orders of the benchmark put an article in the middle now and then, and sugar before milk more often
    than after it.
    """
    qualities = [generator.choice(kind) for kind in (SIZES, ROASTS, SHOTS) if generator.random() < 0.45]
    generator.shuffle(qualities)
    words = [generator.choice(ORDERS), *generator.choices(ARTICLES, ARTICLE_WEIGHTS)]
    for index, quality in enumerate([*qualities, generator.choice(DRINKS)]):
        words += ["a", quality] if index and generator.random() < 0.1 else [quality]
    additions = [
        f"{generator.choice(AMOUNTS)} {generator.choice(kind)}"
        for kind in (MILKS, SWEETENERS)
        if generator.random() < 0.5
    ]
    if generator.random() < 0.6:
        additions.reverse()
    if additions:
        joint = generator.choices(("and", "", "with", "and with"), (77, 10, 5, 8))[0]
        words += ["with", f" {joint} ".join(additions)]
    return " ".join(" ".join(words).split())


def number(generator: random.Random) -> str:
    """A number from one to ninety-nine."""
    value = generator.randint(1, 99)
    if value < 10:
        return DIGITS[value + 1]
    if value < 20:
        return TEENS[value - 10]
    ones = f" {DIGITS[value % 10 + 1]}" if value % 10 else ""
    return TENS[value // 10 - 2] + ones


def alarm_time(generator: random.Random) -> str:
    """An hour, with or without minutes and half of the day."""
    hour = generator.choice(DIGITS[2:] + TEENS[:3])
    return f"{hour} {generator.choice(('', 'thirty', 'fifteen'))} {generator.choice(('', 'a m', 'p m'))}"


def home_command(generator: random.Random) -> str:
    """One home command, half of them after a wake word."""
    choose = generator.choice
    templates: tuple[Callable[[], str], ...] = (
        lambda: (
            f"{choose(('turn', 'switch'))} {choose(('on', 'off'))} the {choose(ROOMS)} {choose(DEVICES[:6])}"
        ),
        lambda: f"{choose(('open', 'close'))} the {choose(DOORS)}",
        lambda: f"set the {choose(('thermostat', 'heater'))} to {number(generator)} degrees",
        lambda: f"set the volume to {number(generator)} percent",
        lambda: f"set a timer for {number(generator)} {choose(('seconds', 'minutes', 'hours'))}",
        lambda: f"make the {choose(ROOMS)} lights {choose(COLOURS)}",
        lambda: f"wake me up at {alarm_time(generator)}",
        lambda: choose(SHORT),
    )
    command = " ".join(choose(templates)().split())
    return f"{choose(WAKE_WORDS)} {command}" if generator.random() < 0.5 else command


def digit_string(generator: random.Random) -> str:
    """Two to eight digits."""
    return " ".join(generator.choice(DIGITS) for _ in range(generator.randint(2, 8)))


def short_command(generator: random.Random) -> str:
    """One digit, or a command of at most four words."""
    return generator.choice(DIGITS) if generator.random() < 0.65 else generator.choice(SHORT)


KINDS: dict[str, Callable[[random.Random], str]] = {
    "coffee": coffee_order,
    "home": home_command,
    "digits": digit_string,
    "short": short_command,
}
SHARES = {"coffee": 45, "home": 35, "digits": 20}


def draw_texts(count: int, seed: int, exclude: Collection[str] = (), kind: str | None = None) -> list[str]:
    """Texts, none of them in ``exclude``.

    Args:
        count: how many; all different, but for ``kind`` ``short``, of which there are few.
        seed: the same seed gives the same texts.
        kind: key of :data:`KINDS`; by default a mixture (:data:`SHARES`, in percent).
    """
    generator = random.Random(seed)
    taken = set(exclude)
    texts: list[str] = []
    while len(texts) < count:
        chosen = kind or generator.choices(list(SHARES), weights=list(SHARES.values()))[0]
        text = KINDS[chosen](generator)
        if text not in taken:
            if chosen != "short":
                taken.add(text)
            texts.append(text)
    return texts
