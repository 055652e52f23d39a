"""Reference answers of attribution methods on two tiny GPT-2 models, from the papers' definitions.

Nothing here knows the Rust code. Everything is float64. See README.md for the definitions.

    python generate.py            # both models, beside this file
    python generate.py gpt2-b     # one of them
"""

import itertools
import json
import math
import platform
import sys
from pathlib import Path

import captum
import networkx
import networkx.algorithms.flow as nxflow
import numpy as np
import safetensors
import torch
import transformers
from captum.attr import InputXGradient, IntegratedGradients, LayerGradientXActivation
from safetensors.torch import load_file

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)

HERE = Path(__file__).resolve().parent
MODELS = HERE.parent / "parity"

# Computed and checked for the longer text, but not written, to keep its file small: the other file has them.
LEFT_OUT = {
    "gpt2-b": [
        "attn-lrp/probability",
        "cp-lrp/probability",
        "integrated-gradients/riemann-left/10",
        "integrated-gradients/riemann-right/10",
        "layer-gradient-x-activation/0/probability",
        "layer-gradient-x-activation/1/probability",
        "occlusion/eos/probability",
        "occlusion/mean/probability",
        "occlusion/masking/probability",
        "sequential-integrated-gradients/8/probability",
    ]
}

# Figures of the self-checks, for the "checks" object of the file.
CHECKS = {}


def check(name, value, limit):
    value = float(torch.as_tensor(value).detach())
    CHECKS[name] = max(value, CHECKS.get(name, 0.0))
    assert value <= limit, f"{name}: {value} > {limit}"


# ---------------------------------------------------------------------------------------- the model


class Gpt2:
    """GPT-2 in plain tensor operations. `rule` chooses the way back: plain, attnlrp or cplrp."""

    def __init__(self, folder):
        c = json.loads((folder / "config.json").read_text())
        assert c["activation_function"] == "gelu_new" and c["scale_attn_weights"]
        assert not c["scale_attn_by_inverse_layer_idx"]
        self.layers, self.heads, self.d = c["n_layer"], c["n_head"], c["n_embd"]
        self.dh = self.d // self.heads
        self.eps = c["layer_norm_epsilon"]
        self.eos = c["eos_token_id"]
        raw = load_file(folder / "model.safetensors")
        w = {k.removeprefix("transformer."): v.double() for k, v in raw.items()}
        self.wte, self.wpe = w["wte.weight"], w["wpe.weight"]
        self.ln_f = (w["ln_f.weight"], w["ln_f.bias"])
        self.blocks = []
        for l in range(self.layers):
            at = lambda name: w[f"h.{l}.{name}"]
            qkv_w = at("attn.c_attn.weight").split(self.d, dim=1)
            qkv_b = at("attn.c_attn.bias").split(self.d)
            self.blocks.append(
                {
                    "ln_1": (at("ln_1.weight"), at("ln_1.bias")),
                    "ln_2": (at("ln_2.weight"), at("ln_2.bias")),
                    # [head][hidden, head width], [head][head width], [head][head width, hidden]
                    "w": [[m[:, h * self.dh : (h + 1) * self.dh] for h in range(self.heads)] for m in qkv_w],
                    "b": [[m[h * self.dh : (h + 1) * self.dh] for h in range(self.heads)] for m in qkv_b],
                    "w_o": [at("attn.c_proj.weight")[h * self.dh : (h + 1) * self.dh] for h in range(self.heads)],
                    "b_o": at("attn.c_proj.bias"),
                    "fc": (at("mlp.c_fc.weight"), at("mlp.c_fc.bias")),
                    "proj": (at("mlp.c_proj.weight"), at("mlp.c_proj.bias")),
                }
            )

    def norm(self, x, weights, rule="plain"):
        centred = x - x.mean(-1, keepdim=True)
        std = (centred.pow(2).mean(-1, keepdim=True) + self.eps).sqrt()
        if rule != "plain":
            std = std.detach()
        return centred / std * weights[0] + weights[1]

    def gelu(self, z, rule="plain"):
        value = 0.5 * z * (1 + torch.tanh(math.sqrt(2 / math.pi) * (z + 0.044715 * z**3)))
        if rule == "plain":
            return value
        # The same value; the slope is the secant through zero.
        return z * (value / z).detach()

    @staticmethod
    def scaled_gradient(x, factor):
        """x itself, with a gradient of `factor` times the usual one."""
        return x * factor + (x * (1 - factor)).detach()

    def attention(self, l, h, x_normed, rule="plain", hidden=None):
        """Pattern [.., T, T] and values [.., T, head width] of one head."""
        b = self.blocks[l]
        q, k, v = (x_normed @ b["w"][n][h] + b["b"][n][h] for n in range(3))
        if rule == "attnlrp":
            q, k, v = self.scaled_gradient(q, 0.25), self.scaled_gradient(k, 0.25), self.scaled_gradient(v, 0.5)
        n = x_normed.shape[-2]
        blocked = torch.ones(n, n, dtype=torch.bool).triu(1)
        if hidden is not None:
            blocked = blocked | hidden
        scores = (q @ k.transpose(-1, -2) / math.sqrt(self.dh)).masked_fill(blocked, -math.inf)
        pattern = torch.softmax(scores, -1)
        if rule == "cplrp":
            pattern = pattern.detach()
        return pattern, v

    def mlp(self, l, x, rule="plain"):
        b = self.blocks[l]
        z = self.norm(x, b["ln_2"], rule) @ b["fc"][0] + b["fc"][1]
        return self.gelu(z, rule) @ b["proj"][0] + b["proj"][1]

    def block(self, l, x, rule="plain", hidden=None):
        b = self.blocks[l]
        normed = self.norm(x, b["ln_1"], rule)
        mixed = b["b_o"]
        for h in range(self.heads):
            pattern, v = self.attention(l, h, normed, rule, hidden)
            mixed = mixed + pattern @ v @ b["w_o"][h]
        x = x + mixed
        return x + self.mlp(l, x, rule)

    def finish(self, x, rule="plain"):
        return self.norm(x, self.ln_f, rule) @ self.wte.T

    def from_residual(self, x, start, rule="plain", hidden=None):
        """Logits from the input of block `start`."""
        for l in range(start, self.layers):
            x = self.block(l, x, rule, hidden)
        return self.finish(x, rule)

    def logits(self, e, p=None, rule="plain", hidden=None):
        p = self.wpe[: e.shape[-2]] if p is None else p
        return self.from_residual(e + p, 0, rule, hidden)

    def residuals(self, e):
        out = [e + self.wpe[: e.shape[-2]]]
        for l in range(self.layers):
            out.append(self.block(l, out[-1]))
        return out


# ------------------------------------------------------------------------------------------ the case


class Case:
    """One model, one text. Output r is predicted at position t(r) from tokens 0..=t(r)."""

    def __init__(self, name):
        folder = MODELS / name
        self.folder = folder
        self.peer = json.loads((folder / "captum.json").read_text())
        self.m = Gpt2(folder)
        ids = self.peer["token_ids"]
        self.n = self.peer["n_input"]
        self.outputs = len(ids) - self.n
        self.tokens = ids[self.n :]
        self.alternatives = self.peer["alternative_ids"]
        self.ids = torch.tensor(ids[:-1])  # the last token predicts nothing here
        self.T = len(self.ids)
        self.e = self.m.wte[self.ids]
        self.p = self.m.wpe[: self.T]
        self.rows, self.values, self.parameters = {}, {}, {}

    def t(self, r):
        return self.n + r - 1

    def target(self, name, logits, r, t=None):
        """A target of output r read at position t of `logits` [.., T, vocabulary]."""
        z = logits[..., self.t(r) if t is None else t, :]
        if name == "logit":
            return z[..., self.tokens[r]]
        if name == "contrast-logit":
            return z[..., self.tokens[r]] - z[..., self.alternatives[r]]
        if name == "probability":
            return torch.softmax(z, -1)[..., self.tokens[r]]
        if name == "log-probability":
            return torch.log_softmax(z, -1)[..., self.tokens[r]]
        raise KeyError(name)

    def targets(self, name, logits):
        return torch.stack([self.target(name, logits, r) for r in range(self.outputs)], -1)

    def put(self, name, rows):
        """`rows` is [outputs, T] (cut to what each output can see) or a list of rows."""
        assert name not in self.rows, name
        out = []
        for r in range(self.outputs):
            row = torch.as_tensor(rows[r])[: self.t(r) + 1]
            assert row.shape == (self.n + r,) and bool(torch.isfinite(row).all()), (name, r, row)
            out.append(row.tolist())
        self.rows[name] = out

    def gradients(self, values, x):
        """d values[r] / d x for every output, summed over whatever x is batched over."""
        return [torch.autograd.grad(values[r], x, retain_graph=True)[0] for r in range(self.outputs)]

    def clean(self):
        return self.m.logits(self.e)


# -------------------------------------------------------------------------- 1..3, attention and norms


def patterns(case):
    """[layer, head, i, j], and the residuals."""
    m, xs = case.m, case.m.residuals(case.e)
    a = [[m.attention(l, h, m.norm(xs[l], m.blocks[l]["ln_1"]))[0] for h in range(m.heads)] for l in range(m.layers)]
    return torch.stack([torch.stack(row) for row in a]), xs


def head_vectors(case, xs):
    """f^h(x_j) of every layer and head: [layer][head] of [T, hidden]; with b_V, without b_O."""
    m, out = case.m, []
    for l in range(m.layers):
        b, row = m.blocks[l], []
        normed = m.norm(xs[l], b["ln_1"])
        for h in range(m.heads):
            row.append((normed @ b["w"][2][h] + b["b"][2][h]) @ b["w_o"][h])
        out.append(row)
    return out


def at_outputs(case, matrix):
    return [matrix[case.t(r)] for r in range(case.outputs)]


def attention_rows(case):
    m = case.m
    a, xs = patterns(case)
    case.put("attention/mean", at_outputs(case, a.mean((0, 1))))
    case.put("attention/layer-1-head-0", at_outputs(case, a[1, 0]))

    eye = torch.eye(case.T)
    mixed = 0.5 * (a.mean(1) + eye)
    mixed = mixed / mixed.sum(-1, keepdim=True)
    roll = eye
    for l in range(m.layers):
        roll = mixed[l] @ roll
    check("attention-rollout: |row sum - 1|", (roll.sum(-1) - 1).abs().max(), 1e-13)
    case.put("attention-rollout", at_outputs(case, roll))

    # One graph; a flow for each (output, token).
    graph = networkx.DiGraph()
    for l in range(m.layers):
        for i in range(case.T):
            for j in range(i + 1):
                if mixed[l, i, j] > 0:
                    graph.add_edge((l + 1, i), (l, j), capacity=float(mixed[l, i, j]))
    raw = []
    for r in range(case.outputs):
        t, row = case.t(r), []
        for i in range(t + 1):
            ends = [(m.layers, t), (0, i)]
            inner = [(l, j) for l in range(1, m.layers) for j in range(i, t + 1)]
            part = graph.subgraph(inner + ends)
            flow = networkx.maximum_flow_value(part, *ends, flow_func=nxflow.dinitz)
            row.append(flow)
            if m.layers == 2:  # two layers: every path has its own middle node
                direct = sum(min(mixed[1, t, j].item(), mixed[0, j, i].item()) for j in range(i, t + 1))
                check("attention-flow: two-layer closed form", abs(flow - direct), 1e-13)
            elif r in (0, case.outputs - 1):
                other = networkx.maximum_flow_value(part, *ends, flow_func=nxflow.edmonds_karp)
                check("attention-flow: dinitz against edmonds-karp", abs(flow - other), 1e-13)
        raw.append(torch.tensor(row))
    case.put("attention-flow", raw)
    case.put("attention-flow/normalized", [row / row.sum() for row in raw])

    f = head_vectors(case, xs)
    norms = torch.stack(
        [sum(a[l, h][:, :, None] * f[l][h][None] for h in range(m.heads)).norm(dim=-1) for l in range(m.layers)]
    )
    case.put("attention-norms/mean", at_outputs(case, norms.mean(0)))
    case.put("attention-norms/last", at_outputs(case, norms[-1]))
    return a, xs, f


# ------------------------------------------------------------------------------------ 4, value zeroing


def value_zeroing(case, a, xs):
    m, T, layers = case.m, case.T, []
    for l in range(m.layers):
        b, x = m.blocks[l], xs[l]
        normed = m.norm(x, b["ln_1"])
        values = [normed @ b["w"][2][h] + b["b"][2][h] for h in range(m.heads)]
        clean = xs[l + 1]
        score = torch.zeros(T, T)
        for j in range(T):
            mixed = b["b_o"]
            for h in range(m.heads):
                v = values[h].clone()
                v[j] = 0
                mixed = mixed + a[l, h] @ v @ b["w_o"][h]
            y = x + mixed
            y = y + m.mlp(l, y)
            # 1 - cos, without cancellation: half the squared distance of the unit vectors.
            u, w = clean / clean.norm(dim=-1, keepdim=True), y / y.norm(dim=-1, keepdim=True)
            exact = 0.5 * (u - w).pow(2).sum(-1)
            naive = 1 - (u * w).sum(-1)
            check("value-zeroing: 1 - cos, two ways", (exact - naive)[j:].abs().max(), 1e-14)
            check("value-zeroing: effect on earlier positions", exact[:j].abs().max() if j else 0, 1e-28)
            score[j:, j] = exact[j:]
        layers.append(score / score.sum(-1, keepdim=True))
        CHECKS[f"value-zeroing: smallest row sum of layer {l} before scaling"] = float(score.sum(-1).min())
    c = torch.stack(layers)
    case.put("value-zeroing/mean", at_outputs(case, c.mean(0)))
    case.put("value-zeroing/layer-0", at_outputs(case, c[0]))
    roll = torch.eye(T)
    for l in range(m.layers):
        roll = c[l] @ roll
    check("value-zeroing/rollout: |row sum - 1|", (roll.sum(-1) - 1).abs().max(), 1e-13)
    case.put("value-zeroing/rollout", at_outputs(case, roll))


# ---------------------------------------------------------------------- 5..7, ALTI and the logit ledger


def direction(case, r, x_last, weight):
    """The vector d with <d, u> = <LNf's linear part of u, weight>, LNf's std held at the real residual."""
    m, x = case.m, x_last[case.t(r)]
    std = ((x - x.mean()).pow(2).mean() + m.eps).sqrt()
    scaled = weight * m.ln_f[0]
    return (scaled - scaled.mean()) / std


def ledger_and_alti(case, a, xs, f):
    m, T = case.m, case.T
    mixes, transformed = [], []
    product = torch.eye(T)
    for l in range(m.layers):
        b = m.blocks[l]
        update = sum(a[l, h][:, :, None] * f[l][h][None] for h in range(m.heads))  # [i, j, hidden]
        T_ij = update + torch.eye(T)[:, :, None] * xs[l][None]
        y = T_ij.sum(1) + b["b_o"]
        check("alti: y + mlp(y) is the next residual", (y + m.mlp(l, y) - xs[l + 1]).abs().max(), 1e-12)
        c = (y.abs().sum(-1)[:, None] - (y[:, None] - T_ij).abs().sum(-1)).clamp(min=0).tril()
        c = c / c.sum(-1, keepdim=True)
        product = c @ product
        mixes.append(product)
        transformed.append(update)
    check("alti: |row sum - 1|", (product.sum(-1) - 1).abs().max(), 1e-13)
    case.put("alti", at_outputs(case, product))

    logits = case.clean()
    ledgers, head_rows = {"logit": []}, []
    for target in ("logit", "contrast-logit"):
        rows, rests = [], []
        for r in range(case.outputs):
            t = case.t(r)
            weight = m.wte[case.tokens[r]]
            if target == "contrast-logit":
                weight = weight - m.wte[case.alternatives[r]]
            d = direction(case, r, xs[-1], weight)
            heads = torch.stack(
                [torch.stack([a[l, h, t, :, None] * f[l][h] @ d for h in range(m.heads)]) for l in range(m.layers)]
            )[:, :, : t + 1]
            mlps = []
            for l in range(m.layers):
                y = xs[l][t] + transformed[l][t].sum(0) + m.blocks[l]["b_o"]
                mlps.append((m.mlp(l, y) @ d).item())
            entry = {
                "output": r,
                "heads": heads.tolist(),
                "mlp": mlps,
                "attention_bias": [(m.blocks[l]["b_o"] @ d).item() for l in range(m.layers)],
                "token": (case.e[t] @ d).item(),
                "position": (case.p[t] @ d).item(),
                "norm_bias": (m.ln_f[1] @ weight).item(),
            }
            others = (
                sum(mlps) + sum(entry["attention_bias"]) + entry["token"] + entry["position"] + entry["norm_bias"]
            )
            value = case.target(target, logits, r).item()
            check(f"ledger: |sum - {target}|", abs(heads.sum().item() + others - value), 1e-12)
            # ALTI-Logit: each layer's update, led back to the input by the mixing of the layers before.
            row = torch.zeros(T)
            for l in range(m.layers):
                delta = transformed[l][t] @ d
                row += delta if l == 0 else delta @ mixes[l - 1]
            rest = value - row.sum().item()
            check(f"alti-logit: |rest - ledger's other terms|, {target}", abs(rest - others), 1e-12)
            rows.append(row)
            rests.append(rest)
            if target == "logit":
                head_rows.append(heads.sum((0, 1)))
                if r in (0, case.outputs - 1):
                    ledgers["logit"].append(entry)
        case.put(f"alti-logit/{target}", rows)
        case.values[f"alti-logit/{target}/rest"] = rests
    case.put("direct-logit/heads", head_rows)
    return ledgers


# ------------------------------------------------------------------------- 8, 9, 15, gradients and LRP


def lrp(case):
    for method in ("attn-lrp", "cp-lrp"):
        for target in ("logit", "probability"):
            e, p = case.e.clone().requires_grad_(), case.p.clone().requires_grad_()
            logits = case.m.logits(e, p, rule=method.replace("-", ""))
            check(f"{method}: change of the forward pass", (logits - case.clean()).abs().max(), 1e-12)
            gradients = case.gradients(case.targets(target, logits), e)
            case.put(f"{method}/{target}", [(case.e * g).sum(-1) for g in gradients])
            if method == "attn-lrp" and target == "logit":
                # e and p are only ever added, so they share one gradient.
                case.put("attn-lrp/logit/position", [(case.p * g).sum(-1) for g in gradients])
            if target == "logit":
                for r, g in enumerate(explicit_lrp(case, constant_patterns=method == "cp-lrp")):
                    want = torch.tensor(case.rows[f"{method}/logit"][r])
                    got = (case.e * g).sum(-1)[: len(want)]
                    check(f"{method}/logit: against relevance sent back by hand", (got - want).abs().max(), 1e-11)


def explicit_lrp(case, constant_patterns):
    """AttnLRP or CP-LRP without autograd: relevance R of each value goes back rule by rule; what comes out
    is R/x at residual 0. Used as a check of the gradient form."""
    m, T = case.m, case.T
    xs = m.residuals(case.e)

    def back_linear(R, x, w, z):  # z = x w + b; every input gets its share x_i w_ij / z_j of R_j
        return x * ((R / z) @ w.T)

    def back_norm(R, x, weights, out):  # centring is linear, 1/std a constant
        centred = x - x.mean(-1, keepdim=True)
        std = (centred.pow(2).mean(-1, keepdim=True) + m.eps).sqrt()
        share = R / out * weights[0] / std
        return x * (share - share.mean(-1, keepdim=True))

    for r in range(case.outputs):
        final = m.norm(xs[-1], m.ln_f)
        R = torch.zeros(T, m.d)
        t = case.t(r)
        R[t] = final[t] * m.wte[case.tokens[r]]
        R = back_norm(R, xs[-1], m.ln_f, final)
        for l in reversed(range(m.layers)):
            b, x = m.blocks[l], xs[l]
            normed = m.norm(x, b["ln_1"])
            q, k, v = ([normed @ b["w"][n][h] + b["b"][n][h] for h in range(m.heads)] for n in range(3))
            A = [m.attention(l, h, normed)[0] for h in range(m.heads)]
            mixed = [A[h] @ v[h] for h in range(m.heads)]
            update = sum(mixed[h] @ b["w_o"][h] for h in range(m.heads)) + b["b_o"]
            y = x + update
            normed2 = m.norm(y, b["ln_2"])
            z = normed2 @ b["fc"][0] + b["fc"][1]
            g = m.gelu(z)
            out = g @ b["proj"][0] + b["proj"][1]
            # residual sum: y + out
            total = y + out
            R_y, R_out = R * y / total, R * out / total
            R_g = back_linear(R_out, g, b["proj"][0], out)  # identity through the activation: R_z = R_g
            R_y = R_y + back_norm(back_linear(R_g, normed2, b["fc"][0], z), y, b["ln_2"], normed2)
            R_x, R_update = R_y * x / y, R_y * update / y
            R_normed = torch.zeros_like(x)
            for h in range(m.heads):
                R_mixed = back_linear(R_update, mixed[h], b["w_o"][h], update)
                # o_ic = sum_j A_ij v_jc: each term's relevance, half to A_ij and half to v_jc
                # (with constant patterns all of it to v_jc)
                share = R_mixed / mixed[h]
                if constant_patterns:
                    R_v = v[h] * (A[h].T @ share)
                    R_normed = R_normed + back_linear(R_v, normed, b["w"][2][h], v[h])
                    continue
                R_v = 0.5 * v[h] * (A[h].T @ share)
                R_A = 0.5 * A[h] * (share @ v[h].T)
                # softmax: R_s = s (R_A/A - sum R_A) as in the paper, s the scores
                scores = q[h] @ k[h].T / math.sqrt(m.dh)
                R_s = (scores * (R_A - A[h] * R_A.sum(-1, keepdim=True))).tril()
                # s_ij = sum_c q_ic k_jc / sqrt: half each
                share = R_s / scores / math.sqrt(m.dh)
                R_q = 0.5 * q[h] * (share @ k[h])
                R_k = 0.5 * k[h] * (share.T @ q[h])
                for R_part, part, n in ((R_q, q[h], 0), (R_k, k[h], 1), (R_v, v[h], 2)):
                    R_normed = R_normed + back_linear(R_part, normed, b["w"][n][h], part)
            R = R_x + back_norm(R_normed, x, b["ln_1"], normed)
        yield R / xs[0]


def layer_gradients(case):
    m = case.m
    xs = m.residuals(case.e)
    for l in range(m.layers + 1):
        for target in ("logit", "probability"):
            x = xs[l].clone().requires_grad_()
            gradients = case.gradients(case.targets(target, m.from_residual(x, l)), x)
            case.put(f"layer-gradient-x-activation/{l}/{target}", [(xs[l] * g).sum(-1) for g in gradients])
    for l in (0, 1, m.layers):
        nodes, weights = rule_points("gauss-legendre", 16)
        rows, deltas = path(case, xs[l], torch.zeros_like(xs[l]), nodes, weights, "logit",
                            lambda x: m.from_residual(x, l))
        case.put(f"layer-integrated-gradients/{l}", rows)
        case.values[f"layer-integrated-gradients/{l}/delta"] = deltas


def span(case):
    e = case.e.clone().requires_grad_()
    (g,) = torch.autograd.grad(case.targets("log-probability", case.m.logits(e)).sum(), e)
    case.rows["span/gradient-x-input"] = [(case.e * g).sum(-1)[: case.n].tolist()]
    theirs = np.array([row[: case.n] for row in case.peer["targets"]["log-probability"]["gradient-x-input"]["sum"]])
    check("span: against captum's rows, summed", np.abs(theirs.sum(0) - case.rows["span/gradient-x-input"][0]).max(), 1e-10)


# ------------------------------------------------------------------------------------ 13, 14, paths


def rule_points(rule, n):
    if rule == "gauss-legendre":
        x, w = np.polynomial.legendre.leggauss(n)
        nodes, weights = (x + 1) / 2, w / 2
    elif rule == "trapezoid":
        nodes, weights = np.arange(n) / (n - 1), np.full(n, 1 / (n - 1))
        weights[[0, -1]] /= 2
    else:
        shift = {"riemann-left": 0.0, "riemann-middle": 0.5, "riemann-right": 1.0}[rule]
        nodes, weights = (np.arange(n) + shift) / n, np.full(n, 1 / n)
    check("quadrature: |sum of weights - 1|", abs(weights.sum() - 1), 1e-14)
    return torch.tensor(nodes), torch.tensor(weights)


def path(case, x, baseline, nodes, weights, target, forward):
    """Rows of integrated gradients, summed over hidden, and sum - (f(x) - f(baseline)) of each output."""
    total = [torch.zeros_like(x) for _ in range(case.outputs)]
    for alpha, weight in zip(nodes, weights):
        point = (baseline + alpha * (x - baseline)).requires_grad_()
        for r, g in enumerate(case.gradients(case.targets(target, forward(point)), point)):
            total[r] += weight * g
    rows = [((x - baseline) * g).sum(-1) for g in total]
    gap = case.targets(target, forward(x)) - case.targets(target, forward(baseline))
    return rows, [(rows[r].sum() - gap[r]).item() for r in range(case.outputs)]


def integrated(case):
    m = case.m
    mean = m.wte.mean(0).expand_as(case.e)
    eos = m.wte[m.eos].expand_as(case.e)
    wanted = [(f"{rule}/10", rule, 10, torch.zeros_like(case.e))
              for rule in ("trapezoid", "riemann-left", "riemann-right", "riemann-middle")]
    wanted += [("mean/16", "gauss-legendre", 16, mean), ("eos/16", "gauss-legendre", 16, eos)]
    for name, rule, n, baseline in wanted:
        rows, deltas = path(case, case.e, baseline, *rule_points(rule, n), "logit", m.logits)
        case.put(f"integrated-gradients/{name}", rows)
        case.values[f"integrated-gradients/{name}/delta"] = deltas


def sequential(case):
    m, T = case.m, case.T
    nodes, weights = rule_points("gauss-legendre", 8)
    for target in ("logit", "probability"):
        out = torch.zeros(case.outputs, T)
        for i in range(T):
            point = case.e.expand(len(nodes), T, m.d).clone()
            point[:, i] = nodes[:, None] * case.e[i]
            point.requires_grad_()
            values = case.targets(target, m.logits(point)).sum(0)
            for r, g in enumerate(case.gradients(values, point)):
                out[r, i] = (weights[:, None] * g[:, i]).sum(0) @ case.e[i]
        case.put(f"sequential-integrated-gradients/8/{target}", out)
        whole = case.targets(target, case.clean())
        gap = torch.stack([whole - case.targets(target, without(case, i)) for i in range(T)], -1)
        seen = torch.arange(T)[None] <= torch.arange(case.outputs)[:, None] + case.n - 1
        check(f"sequential-integrated-gradients/8/{target}: |score - (f(x) - f(x, e_i = 0))|",
              ((out - gap).abs() * seen).max(), 1e-3)


def without(case, i, vector=None):
    e = case.e.clone()
    e[i] = 0 if vector is None else vector
    return case.m.logits(e)


# ----------------------------------------------------------------------- 10..12, perturbations and KL


def occlusion(case):
    m, T = case.m, case.T
    clean = case.clean()
    runs = {"eos": m.wte[m.eos], "mean": m.wte.mean(0)}
    for target in ("logit", "probability"):
        whole = case.targets(target, clean)
        for name, vector in runs.items():
            rows = torch.stack([whole - case.targets(target, without(case, i, vector)) for i in range(T)], -1)
            case.put(f"occlusion/{name}/{target}", rows)

        deletion, masking = torch.zeros(case.outputs, T), torch.zeros(case.outputs, T)
        for i in range(T):
            kept = torch.cat([case.e[:i], case.e[i + 1 :]])
            shorter = m.logits(kept)
            hidden = torch.zeros(T, T, dtype=torch.bool)
            hidden[i + 1 :, i] = True
            masked = m.logits(case.e, hidden=hidden)
            for r in range(case.outputs):
                t = case.t(r)
                if i <= t:  # the last token left before the output then stands at t - 1
                    deletion[r, i] = whole[r] - case.target(target, shorter, r, t - 1)
                    masking[r, i] = whole[r] - case.target(target, masked, r)
        case.put(f"occlusion/deletion/{target}", deletion)
        case.put(f"occlusion/masking/{target}", masking)
        for r in range(case.outputs):
            # hiding a token from positions after the last one does nothing
            check("occlusion/masking: effect of the last token", abs(masking[r, case.t(r)].item()), 1e-12)


def shapley(case, players=6):
    m = case.m
    parts = np.array_split(np.arange(case.n), players)
    case.parameters["shapley/exact"] = {
        "segments": [[int(part[0]), int(part[-1]) + 1] for part in parts],
        "absent": "zero embeddings at the segment's tokens; positions stay",
    }
    logits = {}
    for present in itertools.product((False, True), repeat=players):
        e = case.e.clone()
        for part, there in zip(parts, present):
            if not there:
                e[torch.tensor(part)] = 0
        logits[present] = m.logits(e)
    for target in ("logit", "probability"):
        value = {s: case.targets(target, z) for s, z in logits.items()}
        scores = torch.zeros(case.outputs, players)
        for i in range(players):
            for s in value:
                if s[i]:
                    continue
                size = sum(s)
                weight = math.factorial(size) * math.factorial(players - size - 1) / math.factorial(players)
                scores[:, i] += weight * (value[s[:i] + (True,) + s[i + 1 :]] - value[s])
        gap = value[(True,) * players] - value[(False,) * players]
        check("shapley/exact: |sum - (v(all) - v(none))|", (scores.sum(-1) - gap).abs().max(), 1e-12)
        # The other definition: the mean gain over all orders.
        mean = torch.zeros_like(scores)
        for order in itertools.permutations(range(players)):
            s = [False] * players
            for i in order:
                before = value[tuple(s)]
                s[i] = True
                mean[:, i] += value[tuple(s)] - before
        check("shapley/exact: against all orders", (mean / math.factorial(players) - scores).abs().max(), 1e-12)
        case.rows[f"shapley/exact/{target}"] = scores.tolist()


def kl(case, removed=4):
    case.parameters["kl-divergence"] = {"removed": [0, removed], "units": "nats", "direction": "KL(p || q)"}
    q = torch.log_softmax(case.m.logits(case.e[removed:]), -1).detach()
    e = case.e.clone().requires_grad_()
    p = torch.log_softmax(case.m.logits(e), -1)
    values = []
    for r in range(case.outputs):
        t = case.t(r)
        values.append((p[t].exp() * (p[t] - q[t - removed])).sum())
    case.values["kl-divergence"] = [v.item() for v in values]
    case.put("kl-divergence/gradient-x-input", [(case.e * g).sum(-1) for g in case.gradients(values, e)])
    # The formula of the derivative: dKL/dz_v = p_v (log p_v - log q_v - KL).
    for r in range(case.outputs):
        t = case.t(r)
        e2 = case.e.clone().requires_grad_()
        z = case.m.logits(e2)[t]
        lp = p[t].detach()
        slope = lp.exp() * (lp - q[t - removed] - values[r].item())
        (g,) = torch.autograd.grad(z, e2, slope)
        want = torch.tensor(case.rows["kl-divergence/gradient-x-input"][r])
        check("kl-divergence: against the closed derivative", ((case.e * g).sum(-1)[: t + 1] - want).abs().max(), 1e-12)


# ---------------------------------------------------------------------------------------- cross-checks


class Torch(torch.nn.Module):
    """The same model as modules, so that captum can hook residual l."""

    def __init__(self, case):
        super().__init__()
        self.case = case
        self.stages = torch.nn.ModuleList([torch.nn.Identity() for _ in range(case.m.layers + 1)])

    def forward(self, e, r, target):
        m = self.case.m
        x = e + m.wpe[: e.shape[-2]]
        for l in range(m.layers):
            x = m.block(l, self.stages[l](x))
        return self.case.target(target, m.finish(self.stages[-1](x)), r)


def through_transformers(case, hf, clean):
    """The interventions once more, made on transformers' model from outside."""
    m, T, ids = case.m, case.T, case.ids

    def compare(name, other, r, i, t=None):
        for target in ("logit", "probability"):
            got = case.target(target, clean, r) - case.target(target, other, r, t)
            check(f"{name}: against transformers", abs(got - case.rows[f"{name}/{target}"][r][i]), 1e-10)

    for i in range(T):
        swapped = ids.clone()
        swapped[i] = m.eos
        eos = hf(input_ids=swapped[None]).logits[0]
        e = m.wte[ids].clone()
        e[i] = m.wte.mean(0)
        mean = hf(inputs_embeds=e[None]).logits[0]
        fewer = hf(input_ids=torch.cat([ids[:i], ids[i + 1 :]])[None]).logits[0]
        blocked = torch.ones(T, T, dtype=torch.bool).triu(1)
        blocked[i + 1 :, i] = True
        bias = torch.zeros(1, 1, T, T).masked_fill(blocked, torch.finfo(torch.float64).min)
        masked = hf(input_ids=ids[None], attention_mask=bias).logits[0]
        for r in range(case.outputs):
            if i <= case.t(r):
                compare("occlusion/eos", eos, r, i)
                compare("occlusion/mean", mean, r, i)
                compare("occlusion/deletion", fewer, r, i, case.t(r) - 1)
                compare("occlusion/masking", masked, r, i)

    shorter = torch.log_softmax(hf(input_ids=ids[None, 4:]).logits[0], -1)
    p = torch.log_softmax(clean, -1)
    for r in range(case.outputs):
        t = case.t(r)
        got = torch.nn.functional.kl_div(shorter[t - 4], p[t], log_target=True, reduction="sum")
        check("kl-divergence: against transformers", abs(got - case.values["kl-divergence"][r]), 1e-12)

    attention = hf(input_ids=ids[None], output_attentions=True).attentions
    stacked = torch.stack([a[0] for a in attention])
    for r in range(case.outputs):
        for name, matrix in (("mean", stacked.mean((0, 1))), ("layer-1-head-0", stacked[1, 0])):
            row = torch.tensor(case.rows[f"attention/{name}"][r])
            check("attention: against transformers", (matrix[case.t(r), : len(row)] - row).abs().max(), 1e-13)

    # Value zeroing in layer 0 by hooks: the blocks after it do not matter.
    taken = {}
    block = hf.transformer.h[0]
    keep = block.register_forward_hook(
        lambda module, args, out: taken.update(y=(out[0] if isinstance(out, tuple) else out).reshape(T, m.d)))
    hf(input_ids=ids[None])
    y0, score = taken["y"], torch.zeros(T, T)
    for j in range(T):
        def zero(module, args, out, j=j):
            out = out.clone()
            out[:, j, 2 * m.d :] = 0
            return out
        hook = block.attn.c_attn.register_forward_hook(zero)
        hf(input_ids=ids[None])
        hook.remove()
        score[:, j] = 1 - torch.cosine_similarity(y0, taken["y"], -1)
    keep.remove()
    score = score / score.sum(-1, keepdim=True)
    for r in range(case.outputs):
        row = torch.tensor(case.rows["value-zeroing/layer-0"][r])
        check("value-zeroing/layer-0: against transformers", (score[case.t(r), : len(row)] - row).abs().max(), 1e-10)


def cross_checks(case):
    logits = case.clean()
    mine = case.targets("logit", logits)
    check("logits: against captum.json", (mine - torch.tensor(case.peer["logits_of_outputs"])).abs().max(), 1e-10)
    hf = transformers.GPT2LMHeadModel.from_pretrained(case.folder, attn_implementation="eager").double().eval()
    with torch.no_grad():
        theirs = hf(input_ids=case.ids[None]).logits[0]
    check("logits: against transformers, whole vocabulary", (theirs - logits).abs().max(), 1e-10)

    captum_zero = torch.tensor([row + [0.0] * (case.T - len(row)) for row in
                                case.peer["targets"]["logit"]["occlusion"]["sum"]])
    for i in range(case.T):
        gap = mine - case.targets("logit", without(case, i))
        seen = torch.tensor([i <= case.t(r) for r in range(case.outputs)])
        check("f(x) - f(x, e_i = 0): against captum.json", ((gap - captum_zero[:, i]).abs() * seen).max(), 1e-10)
    with torch.no_grad():
        through_transformers(case, hf, theirs)

    net = Torch(case)
    for r in range(case.outputs):
        n = case.n + r
        for target in ("logit", "probability"):
            for l in range(case.m.layers + 1):
                got = LayerGradientXActivation(net, net.stages[l]).attribute(
                    case.e[None, :n].clone().requires_grad_(), additional_forward_args=(r, target))
                want = torch.tensor(case.rows[f"layer-gradient-x-activation/{l}/{target}"][r])
                check("layer-gradient-x-activation: against captum", (got[0].sum(-1) - want).abs().max(), 1e-12)
        got = InputXGradient(net).attribute(case.e[None, :n].clone().requires_grad_(), additional_forward_args=(r, "logit"))
        stored = torch.tensor(case.peer["targets"]["logit"]["gradient-x-input"]["sum"][r])
        check("gradient-x-input: captum against captum.json", (got[0].sum(-1) - stored).abs().max(), 1e-12)
        for name, base in (("mean", case.m.wte.mean(0)), ("eos", case.m.wte[case.m.eos])):
            got = IntegratedGradients(net).attribute(
                case.e[None, :n], base.expand(1, n, -1), additional_forward_args=(r, "logit"),
                n_steps=16, method="gausslegendre")
            want = torch.tensor(case.rows[f"integrated-gradients/{name}/16"][r])
            # captum rounds its weights to float32
            check("integrated-gradients/16: against captum", (got[0].sum(-1) - want).abs().max(), 1e-8)
        # captum's Riemann points and all its weights are float32; its trapezoid weights add up to 0.9 here
        for name, captums, scale in (("riemann-left", "riemann_left", 1), ("riemann-right", "riemann_right", 1),
                                     ("riemann-middle", "riemann_middle", 1), ("trapezoid", "riemann_trapezoid", 10 / 9)):
            got = IntegratedGradients(net).attribute(
                case.e[None, :n], additional_forward_args=(r, "logit"), n_steps=10, method=captums)
            want = torch.tensor(case.rows[f"integrated-gradients/{name}/10"][r])
            check("integrated-gradients/10: against captum (its trapezoid times 10/9)",
                  (scale * got[0].sum(-1) - want).abs().max(), 1e-6)


# ------------------------------------------------------------------------------------------------ main


def generate(name):
    CHECKS.clear()
    case = Case(name)
    with torch.no_grad():
        a, xs, f = attention_rows(case)
        value_zeroing(case, a, xs)
        ledger = ledger_and_alti(case, a, xs, f)
        occlusion(case)
        shapley(case)
    lrp(case)
    layer_gradients(case)
    span(case)
    integrated(case)
    sequential(case)
    kl(case)
    cross_checks(case)
    left_out = LEFT_OUT.get(name, [])
    rows = {key: value for key, value in case.rows.items() if key not in left_out}
    assert len(rows) == len(case.rows) - len(left_out)
    clean = case.clean()
    for target in ("logit", "probability", "contrast-logit", "log-probability"):
        case.values[target] = case.targets(target, clean).tolist()
    case.parameters.update(
        {
            "n_input": case.n,
            "token_ids": case.peer["token_ids"],
            "alternative_ids": case.alternatives,
            "eos": case.m.eos,
            "left_out": left_out,
        }
    )
    record = {
        "model": name,
        "versions": {
            "python": platform.python_version(),
            "torch": torch.__version__,
            "captum": captum.__version__,
            "numpy": np.__version__,
            "networkx": networkx.__version__,
            "safetensors": safetensors.__version__,
            "transformers": transformers.__version__,
        },
        "rows": rows,
        "ledger": ledger,
        "values": case.values,
        "parameters": case.parameters,
        "checks": {key: float(f"{value:.3g}") for key, value in sorted(CHECKS.items())},
    }
    text = json.dumps(record, separators=(",", ":"), allow_nan=False) + "\n"
    (HERE / f"{name}.json").write_text(text)
    print(name, len(text) // 1000, "kB", len(rows), "sets of rows")
    for key, value in record["checks"].items():
        print(f"  {key}: {value:.3g}")


if __name__ == "__main__":
    for name in sys.argv[1:] or ["gpt2-a", "gpt2-b"]:
        generate(name)
