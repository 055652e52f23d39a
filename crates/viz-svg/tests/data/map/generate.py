"""Writes expected.json: the principal components of the words' columns of run-30, by NumPy's SVD.

Run with NumPy from this folder: python generate.py
"""

import json
from pathlib import Path

import numpy as np

folder = Path(__file__).parent
run = json.loads((folder / "../run-30.json").read_text())
n_input = sum(token["type"] == "input" for token in run["tokens"])
# A row for each output, as shares: each over its own sum.
shares = [np.array(row) / np.abs(row).sum() for row in run["attributions"]]
# [words, outputs]
columns = np.stack([row[:n_input] for row in shares], axis=1)


def components(points):
    """Scores, loadings and shares of variance of the first two; the largest loading is positive."""
    centred = points - points.mean(axis=0)
    u, s, vt = np.linalg.svd(centred, full_matrices=False)
    signs = np.array([np.sign(v[np.abs(v).argmax()]) for v in vt[:2]])
    return {
        "explained": (s[:2] ** 2 / (s**2).sum()).tolist(),
        "scores": (u[:, :2] * s[:2] * signs).tolist(),
        "loadings": (vt[:2].T * signs).tolist(),
    }


expected = {"all": components(columns), "first": components(columns[:20])}
(folder / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")
