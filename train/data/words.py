"""The words that sources share."""

DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
DIGIT_NUMBERS = {str(number): word for number, word in enumerate(DIGITS)}  # in file names
