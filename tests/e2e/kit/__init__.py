"""What the end-to-end cases are written with."""
