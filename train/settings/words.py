"""Words that several sources have, the rule for labels, and reserved names."""

import re

DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
DIGIT_NUMBERS = {str(number): word for number, word in enumerate(DIGITS)}  # in file names
UNKNOWN, SILENCE = "unknown", "silence"  # the labels for all other words, and for no speech
NOISES = ("noise", "_background_noise_")  # folders with these names contain noise, not words
LABEL = re.compile(r"[A-Za-z0-9_-]{1,32}")  # labels are used in C strings and on the serial line
LABEL_RULE = "use letters A to Z, digits, - and _, at most 32"


def spoken(label: str) -> str:
    """How a label is said: `open_sesame` is two words."""
    return label.replace("_", " ").replace("-", " ").strip()
