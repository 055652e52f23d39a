"""What a record keeps of vectors, by NumPy: sums of entries of each sign, norms, and principal components by its SVD.

    python3 -m venv vectors-venv
    vectors-venv/bin/pip install numpy==2.4.6
    vectors-venv/bin/python generate.py

Writes expected.json, which tests/vectors.rs holds records to.
"""

import json
from pathlib import Path

import numpy as np


def vectors(tokens, hidden):
    """Sixteenths, so that they are the same everywhere."""
    i, j = np.arange(tokens)[:, None], np.arange(hidden)[None, :]
    return ((37 * i + 101 * j + 13 * i * j * j) % 97) / 16 - 3


def case(tokens, hidden):
    x = vectors(tokens, hidden)
    u, s, vt = np.linalg.svd(x - x.mean(axis=0), full_matrices=False)
    # The largest loading is positive.
    signs = np.array([np.sign(v[np.abs(v).argmax()]) for v in vt[:2]])
    return {
        "tokens": tokens,
        "hidden": hidden,
        "positive": np.maximum(x, 0).sum(axis=1).tolist(),
        "negative": np.minimum(x, 0).sum(axis=1).tolist(),
        "norm": np.linalg.norm(x, axis=1).tolist(),
        "components": (u[:, :2] * s[:2] * signs).T.tolist(),
        "explained": (s[:2] ** 2 / (s**2).sum()).tolist(),
    }


# More tokens than hidden dimensions, and fewer.
expected = {"versions": {"numpy": np.__version__}, "cases": [case(30, 7), case(9, 40)]}
(Path(__file__).parent / "expected.json").write_text(json.dumps(expected) + "\n")
