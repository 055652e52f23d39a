"""Agreement of 20 methods beside SciPy: the same sizes, one after the other in one run, and the ratio.

    python crates/compare/benches/scipy_time.py        (SciPy 1.17; from the repository's root)

Ours is `tests/speed.rs`: 190 pairs of methods, 50 texts of 20 outputs with 200 values a row and more, signed and
absolute, seven measures and a bootstrap of 1,000 resamples. SciPy has three of the measures (spearmanr, kendalltau,
pearsonr), and no bootstrap here; it is timed on four methods, 6 of the 190 pairs, and scaled.
"""
import re
import subprocess
import time

import numpy
import scipy.stats

METHODS, TEXTS, OUTPUTS, VALUES = 4, 50, 20, 200
COMMAND = "cargo test -q --release --locked -p saliency-compare --test speed -- --ignored --nocapture"

ours = subprocess.run(COMMAND.split(), check=True, capture_output=True, text=True).stdout
seconds = float(re.search(r"50 texts.*: ([\d.]+) s", ours).group(1))

rng = numpy.random.default_rng(0)
rows = [[rng.standard_normal((METHODS, VALUES + output)) for output in range(OUTPUTS)] for _ in range(TEXTS)]
begun = time.perf_counter()
for text in rows:
    for values in text:
        for sizes in (values, abs(values)):
            for first in range(METHODS):
                for other in range(first):
                    for measure in (scipy.stats.spearmanr, scipy.stats.kendalltau, scipy.stats.pearsonr):
                        measure(sizes[first], sizes[other])
pairs = METHODS * (METHODS - 1) // 2
theirs = (time.perf_counter() - begun) * 190 / pairs

print(f"ours, two threads, seven measures with intervals: {seconds:.2f} s")
print(f"SciPy {scipy.__version__}, three measures without: {theirs:.0f} s, {theirs / seconds:.0f} times as long")
