"""Lasso weights by scikit-learn, as ContextCite 0.0.4 asks for them: standardised masks, weights in the masks' units.

    python3 -m venv lasso-venv
    lasso-venv/bin/pip install numpy==2.4.6 scikit-learn==1.9.1
    lasso-venv/bin/python generate.py

Writes expected.json, which src/coalitions/lasso.rs is held to.
"""

import json
from pathlib import Path

import numpy as np
import sklearn
from sklearn.linear_model import Lasso
from sklearn.preprocessing import StandardScaler

numbers = np.random.default_rng(7)


def case(name, rows, side, alpha):
    scaler = StandardScaler()
    lasso = Lasso(alpha=alpha, tol=1e-16, max_iter=10**6)
    lasso.fit(scaler.fit_transform(rows), side)
    weights = lasso.coef_ / scaler.scale_
    kept = int((weights != 0).sum())
    print(f"{name}: {kept} of {len(weights)}")
    return {"name": name, "alpha": alpha, "rows": rows.astype(int).tolist(), "side": side.tolist(),
            "weights": weights.tolist()}


def masks(samples, segments):
    return (numbers.random((samples, segments)) < 0.5).astype(float)


def sparse(samples, segments, noise):
    rows = masks(samples, segments)
    weights = np.where(numbers.random(segments) < 0.4, numbers.normal(size=segments) * 3, 0)
    return rows, rows @ weights + noise * numbers.normal(size=samples) - 2


cases = []
rows, side = sparse(64, 8, 0.1)
cases.append(case("few segments", rows, side, 0.01))
cases.append(case("a larger alpha", rows, side, 0.2))
cases.append(case("nothing is left", rows, side, 100.0))
rows, side = sparse(32, 24, 0.3)
cases.append(case("noise", rows, side, 0.01))
rows, side = sparse(24, 40, 0.05)
cases.append(case("more segments than texts", rows, side, 0.05))
rows, side = sparse(32, 6, 0.1)
rows[:, 2] = 1
cases.append(case("a constant column", rows, side, 0.01))
out = {"versions": {"numpy": np.__version__, "scikit-learn": sklearn.__version__}, "cases": cases}
Path(__file__).with_name("expected.json").write_text(json.dumps(out) + "\n")
