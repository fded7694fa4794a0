"""`make bench`: the figures that the README names, measured here and printed as a table."""
