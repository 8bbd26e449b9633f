"""The words that sources share, what a label may be, and names with a meaning of their own."""

import re

DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
DIGIT_NUMBERS = {str(number): word for number, word in enumerate(DIGITS)}  # in file names
UNKNOWN, SILENCE = "unknown", "silence"  # labels of all other words, and of none
NOISES = ("noise", "_background_noise_")  # folders of these names hold no words
LABEL = re.compile(r"[A-Za-z0-9_-]{1,32}")  # it goes into C strings and onto the serial line
LABEL_RULE = "use letters A to Z, digits, - and _, at most 32"
