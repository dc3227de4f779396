"""The cases, by what they look at. `run` loads every module here."""
