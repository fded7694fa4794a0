"""What TunePath knows and keeps: records, projects, words, prompts, samples. The lowest floor."""
