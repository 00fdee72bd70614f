"""The one line that a peer says."""

import json
import time


class Clock:
    """Runs from its making."""

    def __init__(self):
        self.begin = time.perf_counter()

    def say(self, accepted, refused):
        """Stops and prints seconds and counts."""
        seconds = time.perf_counter() - self.begin
        print(json.dumps({"seconds": seconds, "accepted": accepted, "refused": refused}))
