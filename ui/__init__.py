"""What a person sees: the page, the command line, and the set-up that comes before both."""
