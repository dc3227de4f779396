"""What the torture cases share: a stand, logs that grow and rotate, and the books at the end."""
