"""Named mistakes: the catalogue of words, and the hypotheses that recognise them by numbers."""
