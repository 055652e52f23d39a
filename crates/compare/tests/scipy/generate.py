"""Measures and statistics by SciPy, and by enumeration: what `tests/scipy.rs` expects.

    pip install numpy==2.4.6 scipy==1.17.1
    python generate.py > expected.json        (Python 3.11)

Spearman, Kendall's tau-b and Pearson are SciPy's, cosine is one minus its distance, sign flips are its exact
permutation test, adjusted p its `false_discovery_control`. Overlaps of rows with ties are means over all orders of the
ties, enumerated here. A missing value is null; a pair is left out where either value is missing.
"""

import itertools
import json
import sys
import warnings

import numpy
import scipy
from scipy import stats
from scipy.spatial import distance

warnings.simplefilter("ignore")
generator = numpy.random.default_rng(21)
K, P = 3, 0.9


def rows():
    yield "no ties", [0.1, -0.5, 2.0, 0.3], [3.0, 1.0, 4.0, 1.5]
    yield "ties in one", [1.0, 2.0, 2.0, 3.0], [4.0, 3.0, 2.0, 1.0]
    yield "ties in both", [1.0, 1.0, 2.0, 2.0, 3.0], [1.0, 2.0, 2.0, 2.0, 0.5]
    yield "sizes tie where values do not", [1.0, -1.0, 2.0, -2.0, 3.0], [0.5, 2.0, -0.5, 1.0, 3.0]
    yield "zeros", [0.0, 0.0, 1.0, -1.0, 0.0, 2.0], [0.0, 1.0, 0.0, -2.0, 0.0, -1.0]
    yield "the same order", [1e-9, 2e-9, 5.0], [-3.0, 1.0, 1e9]
    yield "the opposite order", [1.0, 2.0, 3.0, 4.0], [8.0, 6.0, 1.0, -7.0]
    yield "very small and very large", [1e-300, 3e-300, 2e-300, -1e-300], [1e300, 2e300, -3e300, 1e299]
    yield "missing values", [1.0, None, 3.0, 2.0, 5.0, 4.0], [2.0, 1.0, None, 3.0, 3.0, 9.0]
    yield "a constant", [2.0, 2.0, 2.0], [1.0, 2.0, 3.0]
    yield "a constant of tenths", [0.1, 0.1, 0.1], [1.0, 2.0, 3.0]
    yield "all zero", [0.0, 0.0, 0.0, 0.0], [1.0, 2.0, 3.0, 4.0]
    yield "two pairs", [1.0, 2.0], [5.0, 4.0]
    yield "one pair", [1.0, None], [5.0, 4.0]
    for size in [5, 20, 184]:
        a = generator.standard_normal(size)
        yield f"{size} normal draws", a.tolist(), (a + generator.standard_normal(size)).tolist()
    for size in [7, 8]:
        yield f"{size} draws of four", *generator.integers(-1, 3, (2, size)).astype(float).tolist()
    for size in [40, 184]:
        yield f"{size} draws of six", *generator.integers(0, 6, (2, size)).astype(float).tolist()


def orders(values):
    """Every order of positions, the largest value first, that its ties allow."""
    groups = [[i for i, x in enumerate(values) if x == value] for value in sorted(set(values), reverse=True)]
    return [sum(order, ()) for order in itertools.product(*(itertools.permutations(group) for group in groups))]


def overlaps(a, b):
    """The mean top-k overlap and rank-biased overlap over all orders of ties; None where they are too many."""
    if len(set(a)) < 2 or len(set(b)) < 2:
        return {"top-k-overlap": None, "rank-biased-overlap": None}
    of_a, of_b = (numpy.unique(x, return_counts=True)[1] for x in (a, b))
    count = numpy.prod([float(scipy.special.factorial(n)) for n in [*of_a, *of_b]])
    if count > 20_000:
        return {}
    n, found = len(a), []
    for one, other in itertools.product(orders(a), orders(b)):
        shared = [len(set(one[:d]) & set(other[:d])) for d in range(1, n + 1)]
        biased = (1 - P) * sum(P**d * x / (d + 1) for d, x in enumerate(shared)) + P**n
        found.append((shared[K - 1] / K if n >= K else float("nan"), biased))
    top, biased = numpy.mean(found, axis=0).tolist()
    return {"top-k-overlap": None if numpy.isnan(top) else top, "rank-biased-overlap": biased}


def known(x):
    x = float(x)
    return None if numpy.isnan(x) else x


def measures(a, b, signed):
    a, b = (numpy.array(x) if signed else numpy.abs(x) for x in (a, b))
    varies = len(a) > 1 and len(set(a)) > 1 and len(set(b)) > 1
    # Numbers beyond 1e150 have squares that overflow.
    scaled = [x / (numpy.abs(x).max() or 1.0) for x in (a, b)]
    found = {
        "spearman": known(stats.spearmanr(a, b).statistic) if varies else None,
        "kendall": known(stats.kendalltau(a, b, variant="b").statistic) if varies else None,
        "pearson": known(stats.pearsonr(*scaled).statistic) if varies else None,
        "cosine": known(1 - distance.cosine(*scaled)) if a.any() and b.any() else None,
        **overlaps(a.tolist(), b.tolist()),
    }
    if signed:
        signs = [(x > 0, y > 0) for x, y in zip(a, b) if x != 0 and y != 0]
        found["sign-agreement"] = float(numpy.mean([x == y for x, y in signs])) if signs else None
    return found


def case(name, a, b):
    pairs = [(x, y) for x, y in zip(a, b) if x is not None and y is not None]
    one, other = [x for x, _ in pairs], [y for _, y in pairs]
    return {
        "name": name, "a": a, "b": b, "left_out": len(a) - len(pairs),
        "signed": measures(one, other, True), "absolute": measures(one, other, False),
    }


def flips(differences):
    test = stats.permutation_test(
        (numpy.array(differences),), numpy.mean, permutation_type="samples", n_resamples=numpy.inf
    )
    deviation = numpy.std(differences, ddof=1)
    size = float(numpy.mean(differences) / deviation) if deviation > 0 else None
    return {"differences": differences, "p": float(test.pvalue), "effect_size": size}


def differences():
    for n in [6, 7, 11]:
        yield generator.standard_normal(n).tolist()
        yield (generator.standard_normal(n) + 1).tolist()
    yield [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
    yield [1.0, -1.0, 1.0, -1.0, 1.0, -1.0]
    yield [0.0, 0.0, 0.0, 1.0, 1.0, -2.0, 0.1, 0.2, -0.3]


def adjusted():
    for p in [[0.01, 0.02, 0.03, 0.04], [0.5, 0.001, 0.5, 0.04, 0.03], [1.0], [0.2, 0.2, 0.01]]:
        yield {"p": p, "adjusted": stats.false_discovery_control(p).tolist()}


versions = {"scipy": scipy.__version__, "numpy": numpy.__version__, "python": sys.version.split()[0]}
document = {
    "versions": versions,
    "k": K,
    "persistence": P,
    "cases": [case(*row) for row in rows()],
    "flips": [flips(some) for some in differences()],
    "adjusted": list(adjusted()),
}
print(json.dumps(document, indent=1))
