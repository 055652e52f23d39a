"""Writes expected.json: what three continuations give each token of their prompt, by NumPy.

Run with NumPy from this folder: python generate.py
"""

import json
from pathlib import Path

import numpy as np

folder = Path(__file__).parent
runs = json.loads((folder / "../../../../schema/tests/data/runs-3x30.json").read_text())
n_input = sum(token["type"] == "input" for token in runs[0]["tokens"])


def of_run(run):
    """The mean over outputs of their shares: each row over its own sum."""
    rows = [np.abs(np.array(row)) for row in run["attributions"]]
    return np.mean([row[:n_input] / row.sum() for row in rows], axis=0)


means = np.array([of_run(run) for run in runs])
# Mean, standard deviation, lowest, highest.
numbers = [means.mean(axis=0), means.std(axis=0, ddof=1), means.min(axis=0), means.max(axis=0)]
expected = {"tokens": np.stack(numbers, axis=1).tolist()}
(folder / "expected.json").write_text(json.dumps(expected) + "\n")
