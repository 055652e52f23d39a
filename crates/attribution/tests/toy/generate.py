"""Reference answers on the toy transformer of `saliency_attribution::testing`, from its formula and the papers' definitions.

Nothing here knows the Rust code: plain numpy, a loop for every sum over heads and tokens, gradients by complex steps,
flows by networkx. Everything is float64. The definitions are those of crates/model-gpt2/tests/reference/README.md.

    python generate.py            # writes transformer.json beside this file
"""

import json
import platform
from pathlib import Path

import networkx
import numpy as np

VOCABULARY, LAYERS = 6, 3
HIDDEN, HEADS, SHARE, WIDTH, INNER, EPSILON = 6, 4, 2, 4, 10, 1e-6
INPUTS, OUTPUTS = [1, 4, 0, 2, 5], [3, 5, 1]
IDS = (INPUTS + OUTPUTS)[:-1]  # nothing that is explained has read the last output
N, FIRST = len(IDS), len(INPUTS) - 1
PLACES = range(FIRST, N)  # where the outputs are predicted

# ---------------------------------------------------------------------------------------- the model


def waves(number, *shape):
    return np.sin(number / 2 + np.arange(np.prod(shape)) ** 2.0).reshape(shape)


def matrix(number, rows, columns):
    return np.sqrt(2 / rows) * waves(number, rows, columns)


def scales(number):
    return 1 + 0.3 * waves(number, HIDDEN)


EMBEDDING = waves(0, VOCABULARY, HIDDEN)
HEAD, LAST_NORM = matrix(1, HIDDEN, VOCABULARY), scales(2)


class Block:
    def __init__(self, number):
        groups = HEADS // SHARE
        self.n1, self.n2 = scales(number), scales(number + 5)
        self.q = matrix(number + 1, HIDDEN, HEADS * WIDTH)
        self.k = matrix(number + 2, HIDDEN, groups * WIDTH)
        self.v = matrix(number + 3, HIDDEN, groups * WIDTH)
        self.o = matrix(number + 4, HEADS * WIDTH, HIDDEN)
        self.gate = matrix(number + 6, HIDDEN, INNER)
        self.up = matrix(number + 7, HIDDEN, INNER)
        self.down = matrix(number + 8, INNER, HIDDEN)

    def attention(self, x):
        """Patterns [heads][i, j] and values through the output map [heads][j]."""
        y = norm(x, self.n1)
        patterns, values = [], []
        for h in range(HEADS):
            own, shared = h * WIDTH, h // SHARE * WIDTH
            q = turn(y @ self.q[:, own : own + WIDTH])
            k = turn(y @ self.k[:, shared : shared + WIDTH])
            pattern = np.zeros((len(x), len(x)), x.dtype)
            for i in range(len(x)):
                scores = np.array([q[i] @ k[j] / np.sqrt(WIDTH) for j in range(i + 1)])
                raised = np.exp(scores - scores.real.max())
                pattern[i, : i + 1] = raised / raised.sum()
            patterns.append(pattern)
            values.append(y @ self.v[:, shared : shared + WIDTH] @ self.o[own : own + WIDTH])
        return np.array(patterns), np.array(values)

    def attend(self, x):
        patterns, values = self.attention(x)
        return x + sum(pattern @ value for pattern, value in zip(patterns, values))

    def feed_forward(self, a):
        y = norm(a, self.n2)
        z = y @ self.gate
        return a + (z / (1 + np.exp(-z)) * (y @ self.up)) @ self.down


def norm(x, weight):
    return weight * x / np.sqrt((x * x).mean(-1, keepdims=True) + EPSILON)


def turn(x):
    """Rotary positions: dimensions k and k + 2 as a complex number, times exp(i p / 10^k)."""
    turned = np.array(x)
    for p in range(len(x)):
        for k in range(WIDTH // 2):
            angle = p / 10.0**k
            a, b = x[p, k], x[p, k + WIDTH // 2]
            turned[p, k] = a * np.cos(angle) - b * np.sin(angle)
            turned[p, k + WIDTH // 2] = a * np.sin(angle) + b * np.cos(angle)
    return turned


BLOCKS = [Block(10 * (layer + 1)) for layer in range(LAYERS)]


def logits_from(layer, x):
    for block in BLOCKS[layer:]:
        x = block.feed_forward(block.attend(x))
    return norm(x, LAST_NORM) @ HEAD


# ---------------------------------------------------------------------------------------- the run

X = [EMBEDDING[IDS]]
ATTENDED, PATTERNS, VALUES = [], [], []
for block in BLOCKS:
    pattern, value = block.attention(X[-1])
    PATTERNS.append(pattern)
    VALUES.append(value)
    ATTENDED.append(block.attend(X[-1]))
    X.append(block.feed_forward(ATTENDED[-1]))
LOGITS = norm(X[-1], LAST_NORM) @ HEAD
TOKENS = {place: OUTPUTS[place - FIRST] for place in PLACES}
ROWS, CHECKS = {}, {}


def check(name, error, most):
    CHECKS[name] = max(float(error), CHECKS.get(name, 0.0))
    assert error <= most, (name, error)


def keep(name, row):
    """`row(t)`: numbers for tokens 0..=t."""
    ROWS[name] = [[float(x) for x in row(t)[: t + 1]] for t in PLACES]


def keep_matrix(name, m):
    keep(name, lambda t: m[t])


def shares(m):
    return m / m.sum(1, keepdims=True)


def product(matrices):
    whole = np.eye(N)
    for m in matrices:
        whole = m @ whole
    return whole


# ---------------------------------------------------------------------------------------- attention

keep_matrix("attention", np.mean(PATTERNS, axis=(0, 1)))
keep_matrix("attention/layer-1-head-2", PATTERNS[1][2])
WITH_RESIDUAL = [0.5 * p.mean(0) + 0.5 * np.eye(N) for p in PATTERNS]
keep_matrix("attention-rollout", product(WITH_RESIDUAL))

graph = networkx.DiGraph()
for layer, m in enumerate(WITH_RESIDUAL):
    for i in range(N):
        for j in range(i + 1):
            graph.add_edge((layer + 1, i), (layer, j), capacity=float(m[i, j]))
flow = lambda t, i: networkx.maximum_flow_value(graph, (LAYERS, t), (0, i))
keep("attention-flow", lambda t: [flow(t, i) for i in range(t + 1)])


def brought(layer, i, j):
    """What attention of a layer brings from token j to position i."""
    return sum(PATTERNS[layer][h][i, j] * VALUES[layer][h][j] for h in range(HEADS))


def matrix_of(entry):
    return np.array([[entry(i, j) if j <= i else 0.0 for j in range(N)] for i in range(N)])


NORMS = [matrix_of(lambda i, j: np.linalg.norm(brought(l, i, j))) for l in range(LAYERS)]
keep_matrix("attention-norms", np.mean(NORMS, axis=0))
keep_matrix("attention-norms/layer-2", NORMS[2])

# ---------------------------------------------------------------------------------------- value zeroing and ALTI


def turned_by(layer, i, j):
    without = BLOCKS[layer].feed_forward(ATTENDED[layer][i] - brought(layer, i, j))
    unit = lambda x: x / np.linalg.norm(x)
    return 0.5 * ((unit(without) - unit(X[layer + 1][i])) ** 2).sum()


ZEROED = [shares(matrix_of(lambda i, j: turned_by(l, i, j))) for l in range(LAYERS)]
keep_matrix("value-zeroing", np.mean(ZEROED, axis=0))
keep_matrix("value-zeroing/layer-0", ZEROED[0])
keep_matrix("value-zeroing/rollout", product(ZEROED))


def closer(layer, i, j):
    part = brought(layer, i, j) + (X[layer][i] if i == j else 0)
    y = ATTENDED[layer][i]
    return max(0.0, np.abs(y).sum() - np.abs(y - part).sum())


ALTI = [shares(matrix_of(lambda i, j: closer(l, i, j))) for l in range(LAYERS)]
keep_matrix("alti", product(ALTI))

# ---------------------------------------------------------------------------------------- what adds to the logit


def direction(t, token):
    """What the logit reads of the last residual stream, the last norm's scale held."""
    return HEAD[:, token] * LAST_NORM / np.sqrt((X[-1][t] ** 2).mean() + EPSILON)


LEDGERS = []
for t in PLACES:
    d = direction(t, TOKENS[t])
    heads = [
        [[PATTERNS[l][h][t, j] * (d @ VALUES[l][h][j]) for j in range(t + 1)] for h in range(HEADS)]
        for l in range(LAYERS)
    ]
    forward = [float(d @ (X[l + 1][t] - ATTENDED[l][t])) for l in range(LAYERS)]
    token, logit = float(d @ X[0][t]), float(LOGITS[t, TOKENS[t]])
    check("the ledger adds up to the logit", abs(np.sum(heads) + sum(forward) + token - logit), 1e-13)
    LEDGERS.append({"heads": np.array(heads).tolist(), "feed_forward": forward, "token": token, "logit": logit})


def direct(t):
    ledger = LEDGERS[t - FIRST]
    row = np.sum(ledger["heads"], axis=(0, 1))
    row[t] += ledger["token"]
    return row


keep("direct-logit", direct)


def alti_logit(t):
    heads = np.array(LEDGERS[t - FIRST]["heads"]).sum(1)
    return sum(heads[l] @ product(ALTI[:l])[: t + 1] for l in range(LAYERS))


keep("alti-logit", alti_logit)

# ---------------------------------------------------------------------------------------- gradients, by complex steps

LOG_P = lambda z, token: z[token] - np.log(np.exp(z).sum())
TARGETS = {
    "logit": lambda z, token: z[token],
    "probability": lambda z, token: np.exp(LOG_P(z, token)),
    "log-probability": LOG_P,
}


def gradient(f, layer, point, t):
    """Of f at position t with respect to residual `layer`: Im f(x + i h) / h, exact to rounding for an analytic f."""
    found, step = np.zeros(point.shape), 1e-30
    for place in np.ndindex(t + 1, HIDDEN):
        moved = point.astype(complex)
        moved[place] += 1j * step
        found[place] = f(logits_from(layer, moved)[t], TOKENS[t]).imag / step
    return found


for name, f in TARGETS.items():
    gradients = {t: gradient(f, 0, X[0], t) for t in PLACES}
    keep(f"gradient/{name}", lambda t: gradients[t].sum(1))
    keep(f"gradient-x-input/{name}", lambda t: (gradients[t] * X[0]).sum(1))
    # The same by central differences, to what those can do.
    for t in PLACES:
        for place in [(0, 0), (t, HIDDEN - 1)]:
            h = np.zeros(X[0].shape)
            h[place] = 1e-5
            values = [f(logits_from(0, X[0] + s * h)[t], TOKENS[t]) for s in (1, -1)]
            check("central differences", abs((values[0] - values[1]) / 2e-5 - gradients[t][place]), 1e-8)
for layer in range(LAYERS + 1):
    at = lambda t: gradient(TARGETS["probability"], layer, X[layer], t)
    keep(f"layer-gradient-x-activation/{layer}/probability", lambda t: (at(t) * X[layer]).sum(1))

points, weights = np.polynomial.legendre.leggauss(8)
points, weights = (points + 1) / 2, weights / 2
# From the embedding of token 2 everywhere, and from the residual stream that it leads to: a norm jumps near zero.
START = [EMBEDDING[[2] * N]]
for block in BLOCKS:
    START.append(block.feed_forward(block.attend(START[-1])))
for layer in [0, 2]:

    def integral(t):
        way = X[layer] - START[layer]
        f = TARGETS["logit"]
        total = sum(w * gradient(f, layer, START[layer] + a * way, t) for a, w in zip(points, weights))
        return (total * way).sum(1)

    keep(f"layer-integrated-gradients/{layer}/8", integral)

# ---------------------------------------------------------------------------------------- perturbations


def without(t, i, f=TARGETS["logit"]):
    """f with token i left out: later ones move down a position, and the output is read at t - 1."""
    kept = np.delete(X[0][: t + 1], i, axis=0)
    return f(logits_from(0, kept)[-1], TOKENS[t])


def zeroed(t, i):
    changed = np.array(X[0])
    changed[i] = 0
    return logits_from(0, changed)[t, TOKENS[t]]


keep("occlusion/zero", lambda t: [LOGITS[t, TOKENS[t]] - zeroed(t, i) for i in range(t + 1)])
keep("occlusion/deletion", lambda t: [LOGITS[t, TOKENS[t]] - without(t, i) for i in range(t + 1)])

for name in ["attention-rollout", "value-zeroing/rollout", "alti"]:
    for row in ROWS[name]:
        check("shares add up to 1", abs(sum(row) - 1), 1e-14)

answer = {
    "vocabulary": VOCABULARY,
    "layers": LAYERS,
    "inputs": INPUTS,
    "outputs": OUTPUTS,
    "logits": LOGITS.tolist(),
    "patterns": np.array(PATTERNS).tolist(),
    "ledger": LEDGERS,
    "rows": ROWS,
    "checks": CHECKS,
    "versions": {"python": platform.python_version(), "numpy": np.__version__, "networkx": networkx.__version__},
}
text = json.dumps(answer, separators=(",", ":"))
Path(__file__).with_name("transformer.json").write_text(text + "\n")
print(len(text), "bytes;", json.dumps(CHECKS))
