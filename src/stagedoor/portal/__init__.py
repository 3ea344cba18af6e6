"""Pages for people: a statement as one HTML file that asks nothing of anybody, and the same for a terminal."""
