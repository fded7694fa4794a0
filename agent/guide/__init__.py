"""The offline guide: rules behind a chat model's interface. It says that it is rules, and never guesses."""
