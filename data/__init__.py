"""What TunePath knows and keeps: records, projects, words, prompts, shipped samples. The lowest floor."""
