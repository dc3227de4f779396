"""Lines that log agents lose, change, or harm their neighbours with, and the judge of what arrived."""
