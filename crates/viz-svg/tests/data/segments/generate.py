"""Writes expected.json: what the sentences of a real run took from those before them, by NumPy.

Run with NumPy from this folder: python generate.py
"""

import json
from pathlib import Path

import numpy as np

folder = Path(__file__).parent
run = json.loads((folder / "../../../../schema/tests/data/runs-3x100.json").read_text())[0]
tokens = run["tokens"]
n_input = sum(token["type"] == "input" for token in tokens)
n = len(tokens)

# A sentence ends with a full stop or a question mark, and at the last input; but for "U.S.". The line
# breaks after it belong to it.
ends = []
for i, token in enumerate(tokens):
    rest = "".join(other["token"] for other in tokens[i + 1 :])
    text = "".join(other["token"] for other in tokens[: i + 1]).rstrip()
    stops = text[-1] in ".?" and not text.endswith("U.S.")
    goes_on = rest[:1] == "\n" or not rest.strip() or not rest[:1].isspace() and "\n" not in token["token"]
    if i + 1 in (n_input, n) or stops and not goes_on and tokens[i + 1]["token"].strip():
        ends.append(i + 1)
starts = [0, *ends[:-1]]

# [outputs, tokens], zero where an output has no value
values = np.zeros((n - n_input, n))
for row, attributions in enumerate(run["attributions"]):
    values[row, : len(attributions)] = attributions

sentences = list(zip(starts, ends))
generated = [(start - n_input, end - n_input) for start, end in sentences if start >= n_input]
sums = np.array([[np.abs(values[r0:r1, c0:c1]).sum() for c0, c1 in sentences] for r0, r1 in generated])
rows = sums / sums.sum(axis=1, keepdims=True)
together = sums.sum(axis=0) / sums.sum()
expected = {
    "starts": starts,
    "rows": [row[row > 0].tolist() for row in rows],
    "all": together.tolist(),
    "input": together[: len(sentences) - len(generated)].sum(),
}
(folder / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")
