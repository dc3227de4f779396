"""Real back-ends for the end-to-end cases: fetched once, started on loopback, always torn down."""
