"""The offline guide: rules behind a chat model's interface. It says so, and never guesses."""
