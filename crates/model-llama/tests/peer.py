"""What the programs beside this file share: transformers in float64, seeded models, tokenizers, JSON.

Nothing here knows the Rust code.
"""

import contextlib
import json
import math
import os
import platform
import shutil
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"

import numpy as np
import safetensors
import tokenizers
import torch
import transformers
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import AutoConfig, AutoModelForCausalLM

torch.set_num_threads(1)
transformers.logging.set_verbosity_error()
transformers.utils.logging.disable_progress_bar()

SENTENCES = [
    "The race to Mars involves competition between manufacturers and nations.",
    "Boeing has stated that one of its rockets will lead to the red planet.",
    "The nations that race to the planet state that competition leads nations.",
]

# How large each self-check's figure was, and what it had to be; printed at the end.
CHECKS = {}


def below(name, value, limit):
    CHECKS[name] = max(float(value), CHECKS.get(name, 0.0))
    assert value <= limit, f"{name}: {value} > {limit}"


def above(name, value, limit):
    CHECKS[name] = min(float(value), CHECKS.get(name, math.inf))
    assert value >= limit, f"{name}: {value} < {limit}"


def report(folder):
    """The sizes of what was written, and the self-checks' figures."""
    total = 0
    for entry in sorted(folder.iterdir()):
        if entry.name.startswith("__"):
            continue
        size = sum(file.stat().st_size for file in ([entry] if entry.is_file() else entry.iterdir()))
        total += size
        print(f"{size:8d}  {entry.name}")
    print(f"{total:8d}  in all")
    for name, value in sorted(CHECKS.items()):
        print(f"  {name}: {value:.3g}")


def versions(*more):
    found = {"python": platform.python_version()}
    for module in (torch, transformers, tokenizers, safetensors, np, *more):
        found[module.__name__] = module.__version__
    return found


# --------------------------------------------------------------------------------------------- float64


@contextlib.contextmanager
def exact():
    """float64 all the way. transformers computes norms, angles and softmax in float32 whatever the model's dtype; in
    here a float64 tensor stays one. The frequencies are made when the model is, and stay the float32 numbers that they
    are in every dtype."""
    to, single, softmax = torch.Tensor.to, torch.Tensor.float, torch.nn.functional.softmax
    wide = lambda x: torch.float64 if x is torch.float32 else x

    def keeping(self, *args, **named):
        if self.dtype == torch.float64:
            args, named = [wide(x) for x in args], {name: wide(x) for name, x in named.items()}
        return to(self, *args, **named)

    def soft(x, dim=None, _stacklevel=3, dtype=None):
        return softmax(x, dim=dim, dtype=torch.float64 if x.dtype == torch.float64 else dtype)

    # Positions are integers, and become float64 numbers.
    torch.Tensor.to, torch.Tensor.float, torch.nn.functional.softmax = keeping, torch.Tensor.double, soft
    try:
        yield
    finally:
        torch.Tensor.to, torch.Tensor.float, torch.nn.functional.softmax = to, single, softmax


def load(folder, dtype=torch.float64, **changes):
    """A folder's model. `changes`: fields of its configuration that are other ones now."""
    config = AutoConfig.from_pretrained(folder)
    if changes:
        raw = {**json.loads((folder / "config.json").read_text()), **changes}
        config = config.__class__.from_dict(raw)
    model = AutoModelForCausalLM.from_pretrained(folder, config=config, attn_implementation="eager", dtype=dtype)
    return model.eval()


@torch.no_grad()
def logits_of(model, ids):
    """float64 logits at all positions; the model is a float64 one."""
    with exact():
        logits = model(torch.tensor([ids])).logits[0]
    assert logits.dtype == torch.float64
    return logits


@torch.no_grad()
def as_shipped(model, ids):
    """The same with the casts to float32 that transformers has inside."""
    return model(torch.tensor([ids])).logits[0].double()


@torch.no_grad()
def greedy_of(model, ids, tokens=8, least=None):
    """What greedy generation adds. No choice is a tie: every reader that is right to 1e-3 makes the same. With `least`
    it is cut off before the first that is one, and has so many tokens at least."""
    ids, n = torch.tensor([ids]), len(ids)

    def run(cache):
        with exact():
            out = model.generate(
                ids, attention_mask=torch.ones_like(ids), max_new_tokens=tokens, do_sample=False, pad_token_id=0,
                use_cache=cache)
        return out[0].tolist()

    out = run(False)
    if out != run(True):
        # A Llama's cache is cut to a sliding_window that the network itself does not look at, and one of a window of 1
        # is empty.
        c = model.config
        assert c.model_type == "llama" and hasattr(c, "sliding_window") or c.sliding_window == 1
    for t in range(n, len(out)):
        best = logits_of(model, out[:t])[-1].topk(2).values
        apart = best[0] - best[1]
        if least is not None and t >= n + least and apart < 5e-3:
            return out[n:t]
        above("greedy: best logit minus the second", apart, 5e-3)
    return out[n:]


# ----------------------------------------------------------------------------------------------- by hand


def gelu_tanh(x):
    return 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


ACTIVATIONS = {
    "silu": lambda x: x / (1 + torch.exp(-x)),
    "swish": lambda x: x / (1 + torch.exp(-x)),
    "gelu": lambda x: 0.5 * x * (1 + torch.erf(x / math.sqrt(2))),
    "relu": lambda x: x.clamp(min=0),
    "relu2": lambda x: x.clamp(min=0) ** 2,
    "quick_gelu": lambda x: x / (1 + torch.exp(-1.702 * x)),
    "tanh": torch.tanh,
}


@torch.no_grad()
def by_hand(tensors, ids, *, heads, epsilon, activation, frequencies, turn_scale=1.0, windows=None):
    """The network in plain tensor operations, for comparison. `tensors` as transformers names them; the width of a
    head and the number of key/value heads are read off their sizes. `windows`: of each layer, how many tokens a token
    sees."""
    w = {name.removeprefix("model."): tensor.double() for name, tensor in tensors.items()}
    layers = 1 + max(int(name.split(".")[1]) for name in w if name.startswith("layers."))
    embeddings = w.get("embed_tokens.weight", w.get("lm_head.weight"))
    act = ACTIVATIONS.get(activation, gelu_tanh)
    norm = lambda x, weight: x / (x.pow(2).mean(-1, keepdim=True) + epsilon).sqrt() * weight
    n, width = len(ids), w["layers.0.self_attn.q_proj.weight"].shape[0] // heads
    angle = torch.arange(n).double()[:, None] * frequencies.double()

    def turned(x):
        # The pair (x_i, x_{i + width/2}) as a complex number.
        z = torch.complex(x[:, : width // 2], x[:, width // 2 :]) * torch.polar(torch.full_like(angle, turn_scale), angle)
        return torch.cat((z.real, z.imag), -1)

    x = embeddings[ids]
    for l in range(layers):
        def linear(x, name):
            name = f"layers.{l}.{name}"
            return x @ w[name + ".weight"].T + w.get(name + ".bias", torch.zeros(()))

        near = torch.ones(n, n).tril().bool()
        if windows and windows[l] is not None:
            near &= torch.ones(n, n).triu(1 - windows[l]).bool()
        inside = norm(x, w[f"layers.{l}.input_layernorm.weight"])
        q, k, v = (linear(inside, f"self_attn.{p}_proj").split(width, -1) for p in "qkv")
        for_q, for_k = (w.get(f"layers.{l}.self_attn.{p}_norm.weight") for p in "qk")
        if for_q is not None:
            q, k = [norm(x, for_q) for x in q], [norm(x, for_k) for x in k]
        mixed = []
        for h in range(heads):
            g = h * len(k) // heads
            scores = turned(q[h]) @ turned(k[g]).T / math.sqrt(width)
            mixed.append(scores.masked_fill(~near, -math.inf).softmax(-1) @ v[g])
        x = x + linear(torch.cat(mixed, -1), "self_attn.o_proj")
        inside = norm(x, w[f"layers.{l}.post_attention_layernorm.weight"])
        x = x + linear(act(linear(inside, "mlp.gate_proj")) * linear(inside, "mlp.up_proj"), "mlp.down_proj")
    return norm(x, w["norm.weight"]) @ w.get("lm_head.weight", embeddings).T


def hand_check(model, ids, logits, **changes):
    """`by_hand` with what a loaded model holds."""
    c = model.config
    types = getattr(c, "layer_types", None) or ["sliding_attention"] * c.num_hidden_layers
    window = getattr(c, "sliding_window", None) if c.model_type != "llama" else None
    rotary = model.model.rotary_emb
    assert torch.equal(rotary.inv_freq, rotary.inv_freq.to(torch.float32).to(rotary.inv_freq.dtype))
    found = by_hand(
        model.state_dict(), ids, heads=c.num_attention_heads, epsilon=c.rms_norm_eps, activation=c.hidden_act,
        frequencies=rotary.inv_freq, turn_scale=rotary.attention_scaling,
        windows=[window if t == "sliding_attention" else None for t in types])
    below("logits: transformers against plain tensor operations", (found - logits).abs().max(), 1e-9)


# ------------------------------------------------------------------------------------------------ JSON


def pretty(value, ascii, indent=0, width=108):
    """JSON in lines of at most about `width` characters: what fits stays in one line, small things share lines."""
    flat = json.dumps(value, ensure_ascii=ascii)
    if len(flat) + indent <= width or not isinstance(value, (dict, list)):
        return flat
    pad = " " * (indent + 1)
    if isinstance(value, dict):
        name = lambda k: json.dumps(k, ensure_ascii=ascii) + ": "
        parts = [name(k) + pretty(v, ascii, indent + 1, width) for k, v in value.items()]
        fill = all(not isinstance(v, (dict, list)) for v in value.values()) and len(value) > 30
    else:
        parts = [pretty(v, ascii, indent + 1, width) for v in value]
        fill = all(len(part) < 30 for part in parts)
    lines, line = [], ""
    for i, part in enumerate(parts):
        part += "," if i + 1 < len(parts) else ""
        if line and (not fill or len(line) + len(part) + 1 + indent > width):
            lines.append(line)
            line = part
        else:
            line = f"{line} {part}" if line else part
    lines.append(line)
    brackets = "{}" if isinstance(value, dict) else "[]"
    return f"{brackets[0]}\n" + "".join(f"{pad}{line}\n" for line in lines) + " " * indent + brackets[1]


def write(path, value):
    """Tokenizers as they are on disk, in UTF-8; everything else in ASCII, so that no editor composes an accent."""
    path.write_text(pretty(value, path.name != "tokenizer.json") + "\n", encoding="utf-8")


def digits(numbers, n=12):
    if isinstance(numbers, torch.Tensor):
        numbers = numbers.tolist()
    return [digits(x, n) if isinstance(x, list) else float(f"{x:.{n - 1}e}") for x in numbers]


def fresh(folder):
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


# ---------------------------------------------------------------------------------------------- models

# Sharp attention, a feed-forward part that says most, and logits of several units: so that every setting shows.
DEVIATIONS = {
    "embed_tokens.weight": 1.0,
    "q_proj.weight": 0.5,
    "k_proj.weight": 0.5,
    "v_proj.weight": 0.4,
    "gate_proj.weight": 0.4,
    "up_proj.weight": 0.4,
    "lm_head.weight": 0.5,
    "bias": 0.6,
}


def draw(config, seed, cls=AutoModelForCausalLM.from_config, scale=1.0):
    """A float64 model of seeded numbers."""
    model = cls(config).double().eval()
    random = np.random.RandomState(seed)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            numbers = torch.from_numpy(random.standard_normal(tuple(weight.shape)))
            deviation = next((d for end, d in DEVIATIONS.items() if name.endswith(end)), 0.3)
            norm = name.endswith("norm.weight")
            weight.copy_((1.0 if norm else 0.0) + (deviation if norm else scale * deviation) * numbers)
    return model


# ------------------------------------------------------------------------------------------ tokenizers


def train(size, alphabet, end):
    """A byte-level BPE of `size` tokens, the last of them `end`: vocabulary and merges."""
    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=size - 1, initial_alphabet=alphabet, special_tokens=[], show_progress=False)
    bpe.train_from_iterator(SENTENCES, trainer)
    model = json.loads(bpe.to_str())["model"]
    vocab = dict(sorted(model["vocab"].items(), key=lambda item: item[1]))
    assert list(vocab.values()) == list(range(size - 1)), len(vocab)
    return {**vocab, end: size - 1}, [tuple(merge) for merge in model["merges"]]


def byte_level(trained, end, before=None, normalizer=None, post=None):
    """GPT-2's kind of tokenizer; `before` splits the text in the place of its own pattern."""
    vocab, merges = trained
    bpe = Tokenizer(models.BPE(vocab=vocab, merges=merges))
    plain = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=before is None)
    bpe.pre_tokenizer = plain if before is None else pre_tokenizers.Sequence([before, plain])
    if normalizer is not None:
        bpe.normalizer = normalizer
    bpe.decoder = decoders.ByteLevel()
    bpe.post_processor = post or processors.ByteLevel(trim_offsets=False)
    bpe.add_special_tokens([AddedToken(end, special=True, normalized=False)])
    return bpe


def put_tokenizer(folder, tokenizer, end, **more):
    write(folder / "tokenizer.json", json.loads(tokenizer.to_str()))
    config = {"eos_token": end, "model_max_length": 64, "tokenizer_class": "PreTrainedTokenizerFast"}
    write(folder / "tokenizer_config.json", {**config, **more})
