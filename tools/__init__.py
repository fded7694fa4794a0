"""What TunePath can do: plain typed functions, a folder a stage, a file a verb."""
