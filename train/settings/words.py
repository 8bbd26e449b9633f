"""The words that sources share, and names that are no words."""

DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
DIGIT_NUMBERS = {str(number): word for number, word in enumerate(DIGITS)}  # in file names
UNKNOWN, SILENCE = "unknown", "silence"  # labels of all other words, and of none
NOISES = ("noise", "_background_noise_")  # folders of these names hold no words
