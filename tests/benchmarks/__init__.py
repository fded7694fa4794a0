"""`make bench`: the figures that the README names, measured on this machine and printed as a table."""
