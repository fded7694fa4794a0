"""Who decides what happens next: a LangGraph graph, its memory, and the one door to it."""
