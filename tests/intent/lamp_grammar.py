"""A small grammar, and the tokens of a model that goes with it."""

LAMP = """
version = 1
[penalties]
filler = 2.0
missing = 1.0
word = -0.5
[phrases]
please = "[please]"
[slots]
state = ["on", "off"]
room = ["[living] room", "kitchen"]
[slots.colour]
values = ["red", "warm white"]
synonyms = { "warm white" = ["white"] }
[intents]
switch = ["<please> turn {state} ([the {room}] & [{colour}])", "lights {state}"]
stop = "stop"
"""
WORDS = (
    "please", "turn", "on", "off", "living", "room", "kitchen", "red", "warm", "white", "the", "lights",
    "stop", "banana",
)  # fmt: skip
TOKENS = ("<blank>", *(f"▁{word}" for word in WORDS))
SCALE = 0.25
