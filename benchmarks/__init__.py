"""The bars: each prints its figures, the decisive one on the last line, and exits 0 only where the bar is met."""
