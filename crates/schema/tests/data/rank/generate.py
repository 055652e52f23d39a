"""Spearman's rank correlation by SciPy: what `tests/rank.rs` expects.

    pip install numpy==2.4.6 scipy==1.17.1
    python generate.py > expected.json        (Python 3.11)

SciPy ranks by `rankdata(method="average")` and correlates the ranks. A missing value is null in the rows here; as
`nan_policy="omit"` would do, a pair is left out where either value is missing.
"""

import json
import sys
import warnings

import numpy
import scipy
from scipy.stats import spearmanr

warnings.simplefilter("ignore")
generator = numpy.random.default_rng(7)


def rows():
    yield "no ties", [0.1, -0.5, 2.0, 0.0], [3.0, 1.0, 4.0, 1.5]
    yield "ties in one", [1.0, 2.0, 2.0, 3.0], [4.0, 3.0, 2.0, 1.0]
    yield "ties in both", [1.0, 1.0, 2.0, 2.0, 3.0], [1.0, 2.0, 2.0, 2.0, 0.5]
    yield "the same order", [1e-9, 2e-9, 5.0], [-3.0, 1.0, 1e9]
    yield "the opposite order", [1.0, 2.0, 3.0, 4.0], [8.0, 6.0, 1.0, -7.0]
    yield "two zeros are one", [0.0, -0.0, 1.0, -1.0], [1.0, 2.0, 3.0, 4.0]
    yield "missing values", [1.0, None, 3.0, 2.0, 5.0, 4.0], [2.0, 1.0, None, 3.0, 3.0, 9.0]
    yield "infinities", [float("-inf"), 0.0, float("inf"), 2.0], [1.0, 2.0, 3.0, 2.5]
    yield "a constant", [2.0, 2.0, 2.0], [1.0, 2.0, 3.0]
    yield "constant where both are there", [2.0, 2.0, None], [1.0, 2.0, 3.0]
    yield "two pairs", [1.0, 2.0], [5.0, 4.0]
    for size in [5, 20, 184]:
        a = generator.standard_normal(size)
        yield f"{size} normal draws", a.tolist(), (a + generator.standard_normal(size)).tolist()
        draws = generator.integers(0, 6, (2, size)).astype(float)
        yield f"{size} draws of six", *draws.tolist()
        some = [x if keep else None for x, keep in zip(draws[0].tolist(), generator.random(size) < 0.8)]
        yield f"{size} draws of six, some missing", some, a.tolist()


def spelled(row):
    return [str(x).replace("inf", "Infinity") if x is not None and numpy.isinf(x) else x for x in row]


def case(name, a, b):
    pairs = [(x, y) for x, y in zip(a, b) if x is not None and y is not None]
    rho = float(spearmanr([x for x, _ in pairs], [y for _, y in pairs]).statistic)
    return {"name": name, "a": spelled(a), "b": spelled(b), "rho": None if numpy.isnan(rho) else rho}


cases = [case(*row) for row in rows()]
about = {"scipy": scipy.__version__, "numpy": numpy.__version__, "python": sys.version.split()[0]}
lines = ",\n".join(json.dumps(case) for case in cases)
print(f'{{"versions": {json.dumps(about)}, "cases": [\n{lines}\n]}}')
