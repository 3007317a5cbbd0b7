"""A development corpus for the English scrub: frames, filler and names to mend the rules on; see README.md."""
