"""Long recordings: hours of speech, noise and music without a keyword, as a board hears them."""
