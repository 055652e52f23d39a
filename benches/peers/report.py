"""What each timing script prints at its end: one line of JSON on standard output, read by `cargo xtask peers`."""

import json
import resource
import sys


def peak_mb(whose):
    """The most memory that was resident at once, in MB of 10^6 bytes."""
    peak = resource.getrusage(whose).ru_maxrss
    # Bytes on macOS, units of 1024 bytes elsewhere.
    return peak * (1 if sys.platform == "darwin" else 1024) / 1e6


def report(seconds, whose=resource.RUSAGE_SELF, **figures):
    print(json.dumps({"seconds": seconds, "peak_mb": peak_mb(whose), **figures}))
