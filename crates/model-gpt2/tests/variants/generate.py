"""Small GPT-2 checkpoints in every form that a folder comes in, and transformers' own answers on them.

Nothing here knows the Rust code. See README.md for the folders.

    OMP_NUM_THREADS=1 python generate.py     # everything, beside this file; it stops if a self-check fails
"""

import io
import json
import math
import os
import platform
import shutil
import tempfile
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"

import numpy as np
import safetensors
import tokenizers
import torch
import transformers
from safetensors.torch import load_file, save_file
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import (
    AutoTokenizer,
    GPT2Config,
    GPT2DoubleHeadsModel,
    GPT2ForSequenceClassification,
    GPT2LMHeadModel,
    GPT2Model,
    PreTrainedTokenizerFast,
)
from transformers.activations import ACT2CLS, ACT2FN

torch.set_num_threads(1)
transformers.logging.set_verbosity_error()
transformers.utils.logging.disable_progress_bar()

HERE = Path(__file__).resolve().parent
EOS = "<|endoftext|>"
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
    ascii = path.name not in ("tokenizer.json", "vocab.json")
    path.write_text(pretty(value, ascii) + "\n", encoding="utf-8")


def digits(numbers, n=12):
    return [float(f"{x:.{n - 1}e}") for x in numbers]


def fresh(name):
    folder = HERE / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder


# ------------------------------------------------------------------------------------------ tokenizers


def train(size, alphabet):
    """A byte-level BPE of `size` tokens, the last of them the end of text: vocabulary and merges."""
    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=size - 1, initial_alphabet=alphabet, special_tokens=[], show_progress=False)
    bpe.train_from_iterator(SENTENCES, trainer)
    model = json.loads(bpe.to_str())["model"]
    vocab = dict(sorted(model["vocab"].items(), key=lambda item: item[1]))
    assert list(vocab.values()) == list(range(size - 1)), len(vocab)
    return {**vocab, EOS: size - 1}, [tuple(merge) for merge in model["merges"]]


# 80 tokens: the sentences' own letters and some merges. What other bytes there are is dropped.
LETTERS = train(80, [])
# 300 tokens: all 256 bytes, 43 merges, the end of text.
BYTES = train(300, pre_tokenizers.ByteLevel.alphabet())

TEMPLATE_BOS = lambda eos: processors.TemplateProcessing(
    single=f"{EOS} $A", pair=f"{EOS} $A {EOS} $B", special_tokens=[(EOS, eos)])
TOKENIZER_CONFIG = {
    "add_prefix_space": False,
    "bos_token": EOS,
    "eos_token": EOS,
    "model_max_length": 64,
    "tokenizer_class": "GPT2Tokenizer",
    "unk_token": EOS,
}


def tokenizer_json(trained, added=(), post=None, prefix_space=False):
    vocab, merges = trained
    bpe = Tokenizer(models.BPE(
        vocab=vocab, merges=merges, continuing_subword_prefix="", end_of_word_suffix="", fuse_unk=False))
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=prefix_space)
    bpe.decoder = decoders.ByteLevel()
    bpe.post_processor = post or processors.ByteLevel(trim_offsets=False)
    bpe.add_special_tokens([AddedToken(EOS, special=True, normalized=False)])
    for token in added:
        (bpe.add_special_tokens if token.special else bpe.add_tokens)([token])
    return json.loads(bpe.to_str())


def put_tokenizer(folder, trained, config=None, **options):
    write(folder / "tokenizer.json", tokenizer_json(trained, **options))
    write(folder / "tokenizer_config.json", config or TOKENIZER_CONFIG)


def put_pair(folder, trained):
    vocab, merges = trained
    write(folder / "vocab.json", vocab)
    lines = ["#version: 0.2", *(f"{a} {b}" for a, b in merges)]
    (folder / "merges.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


def spans(tokenizer, text, ids, offsets):
    """The bytes of the text that each token stands for, to the byte. A letter of a token is a byte; an added token is
    what it matched, with the spaces that it took. None where they don't cover the text (a prefix space)."""
    added, at, found = tokenizer.added_tokens_decoder, 0, []
    data = text.encode()
    for id_, (start, end) in zip(ids, offsets):
        n = end - start if id_ in added else len(tokenizer.convert_ids_to_tokens(id_))
        found.append([at, at + n])
        at += n
    for (start, end), (first, last) in zip(found, offsets):
        if not (first <= start and end <= last or first == last == start == end):
            return None
    return found if at == len(data) else None


def tokens_of(folder, text):
    """What transformers makes of a text with the folder's tokenizer: ids and offsets, in bytes of UTF-8."""
    auto = AutoTokenizer.from_pretrained(folder)
    encoded = auto(text, return_offsets_mapping=True)
    byte = lambda i: len(text[:i].encode())
    offsets = [[byte(a), byte(b)] for a, b in encoded["offset_mapping"]]
    ids = encoded["input_ids"]
    plain = auto(text, add_special_tokens=False)["input_ids"]
    if (folder / "tokenizer.json").exists():
        # Read as it is, and as GPT2Tokenizer rebuilds it.
        fast = PreTrainedTokenizerFast.from_pretrained(folder)(text)["input_ids"]
        assert fast == ids, folder.name
    answer = {"text": text, "ids": ids, "offsets": offsets, "spans": spans(auto, text, ids, offsets)}
    if plain != ids:
        answer["ids_without_special"] = plain
    return answer


# ---------------------------------------------------------------------------------------------- models


def settings(**changes):
    """The shape that most folders share."""
    base = dict(vocab_size=80, n_positions=32, n_embd=16, n_layer=2, n_head=2, bos_token_id=79, eos_token_id=79)
    return GPT2Config(**{**base, **changes})


def tiny(vocabulary, **changes):
    """The shape of the folders that are about something other than the network."""
    eos = vocabulary - 1
    base = dict(
        vocab_size=vocabulary, n_positions=64, n_embd=8, n_layer=1, n_head=2, bos_token_id=eos, eos_token_id=eos)
    return GPT2Config(**{**base, **changes})


# Sharp attention, an MLP that says most, and logits of several units: so that every setting shows in the logits.
DEVIATIONS = {
    "wte.weight": 1.0,
    "wpe.weight": 1.0,
    "c_attn.weight": 1.0,
    "mlp.c_fc.weight": 0.5,
    "mlp.c_proj.weight": 0.6,
}


def draw(config, seed, cls=GPT2LMHeadModel):
    """A float64 model of seeded numbers."""
    model = cls(config).double().eval()
    random = np.random.RandomState(seed)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            numbers = torch.from_numpy(random.standard_normal(tuple(weight.shape)))
            deviation = next((d for end, d in DEVIATIONS.items() if name.endswith(end)), 0.3)
            mean = 1.0 if name.endswith(("ln_1.weight", "ln_2.weight", "ln_f.weight")) else 0.0
            weight.copy_(mean + deviation * numbers)
    return model


def state(model):
    """The tensors as save_pretrained writes them: no second name for a tied head."""
    tensors = {name: tensor.contiguous().clone() for name, tensor in model.state_dict().items()}
    if model.config.tie_word_embeddings:
        tensors.pop("lm_head.weight", None)
    return tensors


def save(folder, model, dtype=torch.float16):
    model.to(dtype).save_pretrained(folder)
    return model


def load(folder, attention="eager", dtype=torch.float64, **changes):
    config = GPT2Config.from_pretrained(folder, **changes)
    return GPT2LMHeadModel.from_pretrained(folder, config=config, attn_implementation=attention, dtype=dtype).eval()


IDS = [7, 30, 2, 61, 41, 7, 55, 19]


@torch.no_grad()
def logits_of(model, ids):
    return model(torch.tensor([ids])).logits[0]


@torch.no_grad()
def greedy_of(model, ids, tokens=8):
    ids = torch.tensor([ids])
    out = model.generate(
        ids, attention_mask=torch.ones_like(ids), max_new_tokens=tokens, do_sample=False, pad_token_id=0)
    out = out[0].tolist()
    # The choices are no ties: every reader that is right to 1e-3 makes the same.
    for t in range(ids.shape[1], len(out)):
        best = logits_of(model, out[:t])[-1].topk(2).values
        above("greedy: best logit minus the second", best[0] - best[1], 5e-3)
    return out[ids.shape[1] :]


FORMULAS = {
    "gelu": lambda x: 0.5 * x * (1 + torch.erf(x / math.sqrt(2))),
    "relu": lambda x: x.clamp(min=0),
    "silu": lambda x: x / (1 + torch.exp(-x)),
    "tanh": lambda x: (torch.exp(2 * x) - 1) / (torch.exp(2 * x) + 1),
    "quick_gelu": lambda x: x / (1 + torch.exp(-1.702 * x)),
}
TANH_GELU = lambda x: 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


@torch.no_grad()
def by_hand(folder, ids):
    """GPT-2 in plain tensor operations from the folder's files, for comparison."""
    c = GPT2Config.from_pretrained(folder)
    raw = {}
    for file in sorted(folder.glob("*.safetensors")):
        raw.update(load_file(file))
    w = {name.removeprefix("transformer."): tensor.double() for name, tensor in raw.items()}
    wte = w["wte.weight"] if "wte.weight" in w else w["lm_head.weight"]
    head = w.get("lm_head.weight", wte)
    act = FORMULAS.get(c.activation_function, TANH_GELU)

    def norm(x, name):
        x = x - x.mean(-1, keepdim=True)
        x = x / (x.pow(2).mean(-1, keepdim=True) + c.layer_norm_epsilon).sqrt()
        return x * w[name + ".weight"] + w[name + ".bias"]

    n, width = len(ids), c.n_embd // c.n_head
    x = wte[ids] + w["wpe.weight"][:n]
    for l in range(c.n_layer):
        at = lambda x, name: x @ w[f"h.{l}.{name}.weight"] + w[f"h.{l}.{name}.bias"]
        q, k, v = at(norm(x, f"h.{l}.ln_1"), "attn.c_attn").split(c.n_embd, -1)
        mixed = []
        for h in range(c.n_head):
            part = slice(h * width, (h + 1) * width)
            scores = q[:, part] @ k[:, part].T
            if c.scale_attn_weights:
                scores = scores / math.sqrt(width)
            if c.scale_attn_by_inverse_layer_idx:
                scores = scores / (l + 1)
            mixed.append(scores.masked_fill(torch.ones(n, n).triu(1).bool(), -math.inf).softmax(-1) @ v[:, part])
        x = x + at(torch.cat(mixed, -1), "attn.c_proj")
        x = x + at(act(at(norm(x, f"h.{l}.ln_2"), "mlp.c_fc")), "mlp.c_proj")
    return norm(x, "ln_f") @ head.T


def answer(folder, what, ids=IDS, last=3, off=None, limit=1e-3, more=None, model=None, generated=8):
    """Writes expected.json. `off`: a name and what the folder is about switched off, as changes of its configuration
    or as other logits."""
    model = model or load(folder)
    logits = logits_of(model, ids)
    if list(folder.glob("*.safetensors")):
        below("logits: transformers against plain tensor operations", (by_hand(folder, ids) - logits).abs().max(), 1e-9)
    record = {"what": what, "ids": ids, "greedy": greedy_of(model, ids)}
    assert len(record["greedy"]) == generated, (folder.name, record["greedy"])
    if generated == 8:
        assert model.config.eos_token_id not in record["greedy"], folder.name
    if off is not None:
        name, off = off
        if isinstance(off, dict):
            off = logits_of(load(folder, **off), ids)
        size = (off - logits)[-last:].abs().max().item()
        above(f"{folder.name}: against {name}", size, limit)
        record["off"], record["off_changes_by"] = name, digits([size], 3)[0]
    record.update(more or {})
    record["positions"] = list(range(len(ids) - last, len(ids)))
    record["logits"] = [digits(row.tolist()) for row in logits[-last:]]
    write(folder / "expected.json", record)
    return logits


# ----------------------------------------------------------------------- 1 and 2: fields of config.json


def config_folders():
    for name in ["gelu_new", "gelu", "relu", "silu", "gelu_pytorch_tanh", "tanh", "gelu_fast", "quick_gelu"]:
        folder = fresh("activation-" + name.replace("_", "-"))
        save(folder, draw(settings(activation_function=name), 36))
        put_tokenizer(folder, LETTERS)
        same = name in ("gelu_pytorch_tanh", "gelu_fast")
        other = {"gelu_new": "relu", "gelu_pytorch_tanh": "gelu", "gelu_fast": "gelu"}.get(name, "gelu_new")
        logits = answer(folder, f"activation_function {name}", off=(other, {"activation_function": other}))
        if same:
            plain = logits_of(load(folder, activation_function="gelu_new"), IDS)
            # gelu_fast has 0.7978845608 for the root of 2/pi.
            below(f"{name}: against gelu_new", (plain - logits).abs().max(), 1e-8)

    for name, what, changes, off in [
        ("epsilon", "layer_norm_epsilon 0.001", {"layer_norm_epsilon": 1e-3}, {"layer_norm_epsilon": 1e-5}),
        ("unscaled", "scale_attn_weights false", {"scale_attn_weights": False}, {"scale_attn_weights": True}),
        ("inverse-layer", "scale_attn_by_inverse_layer_idx true",
         {"scale_attn_by_inverse_layer_idx": True}, {"scale_attn_by_inverse_layer_idx": False}),
    ]:
        folder = fresh(name)
        save(folder, draw(settings(**changes), 36))
        put_tokenizer(folder, LETTERS)
        answer(folder, what, off=(" ".join(f"{k} {json.dumps(v)}" for k, v in off.items()), off))

    folder = fresh("n-inner")
    save(folder, draw(settings(n_inner=21), 36))
    put_tokenizer(folder, LETTERS)
    answer(folder, "n_inner 21, which is neither even nor 4 times n_embd")
    try:
        load(folder, n_inner=None)
        raise AssertionError("n_inner makes no difference")
    except RuntimeError as error:
        assert "mismatched" in str(error)

    upcast()


def upcast():
    """Every score is some 900 plus a few units, so that half precision rounds the units away unless scores are computed
    in float32: one dimension of each head's queries and keys is the constant 50."""
    folder = fresh("upcast")
    model = draw(settings(reorder_and_upcast_attn=True), 8)
    with torch.no_grad():
        for block in model.transformer.h:
            block.attn.c_attn.weight[:, :32] *= 0.4
            block.attn.c_attn.weight[:, 0:32:8] = 0
            block.attn.c_attn.bias[0:32:8] = 50
    save(folder, model)
    put_tokenizer(folder, LETTERS)
    on, off = {"reorder_and_upcast_attn": True}, {"reorder_and_upcast_attn": False}
    # Eager attention refuses the flag in float64: its scores are float32, the mask makes them float64. sdpa ignores it.
    try:
        logits_of(load(folder, **on), IDS)
        raise AssertionError("upcast: float64 is read")
    except RuntimeError as error:
        assert str(error) == "Error with upcasting, attn_weights does not have dtype torch.float32"
    plain = logits_of(load(folder, **off), IDS)
    below("upcast: sdpa in float64", (logits_of(load(folder, "sdpa", **on), IDS) - plain).abs().max(), 1e-10)
    single = [logits_of(load(folder, dtype=torch.float32, **flag), IDS) for flag in (on, off)]
    below("upcast: float32 with and without", (single[0] - single[1]).abs().max(), 1e-4)
    halves = {}
    for dtype in (torch.float16, torch.bfloat16):
        rows = {}
        for name, flag in (("on", on), ("off", off)):
            rows[name] = logits_of(load(folder, dtype=dtype, **flag), IDS)[-1].double()
        name = str(dtype).removeprefix("torch.")
        gap = (rows["on"] - rows["off"]).abs().max().item()
        above(f"upcast: {name}, on against off", gap, 1e-2)
        distance = {f: digits([(rows[f] - plain[-1]).abs().max().item()], 3)[0] for f in rows}
        halves[name] = {k: digits(v.tolist(), 6) for k, v in rows.items()}
        halves[name].update(
            on_from_off=digits([gap], 3)[0], on_from_float64=distance["on"], off_from_float64=distance["off"])
    answer(folder, "reorder_and_upcast_attn true; in float64 it changes nothing",
           model=load(folder, **off), more=halves)


# ------------------------------------------------------------------- 3, 4, 5: heads, shards and names


def named_folders():
    base = draw(settings(), 36).half()
    plain = logits_of(load(HERE / "activation-gelu-new"), IDS)
    random = np.random.RandomState(4)
    other_head = torch.from_numpy(0.3 * random.standard_normal((80, 16))).half()
    everything = state(base)
    wte = everything["transformer.wte.weight"]

    def folder_of(name, tensors, **changes):
        folder = fresh(name)
        config = settings(**changes)
        config.architectures, config.dtype = ["GPT2LMHeadModel"], "float16"
        config.save_pretrained(folder)
        save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
        put_tokenizer(folder, LETTERS)
        return folder

    def same(folder, logits):
        below("heads and names: against activation-gelu-new", (logits - plain).abs().max(), 1e-12)

    folder = folder_of("head-own", {**everything, "lm_head.weight": other_head}, tie_word_embeddings=False)
    off = ("the token embeddings", plain)
    own = answer(folder, "tie_word_embeddings false and an lm_head.weight of its own", off=off)
    folder = folder_of("head-differs", {**everything, "lm_head.weight": other_head})
    what = "tie_word_embeddings true, but the stored lm_head.weight differs: transformers does not tie them"
    logits = answer(folder, what, off=off)
    below("head-differs: against head-own", (logits - own).abs().max(), 1e-12)
    folder = folder_of("head-repeated", {**everything, "lm_head.weight": wte.clone()})
    same(folder, answer(folder, "a tied head that is stored all the same, with equal values"))
    without = {name: tensor for name, tensor in everything.items() if name != "transformer.wte.weight"}
    folder = folder_of("head-only", {**without, "lm_head.weight": wte.clone()})
    what = "a tied head of which only lm_head.weight is stored: transformers takes it for the embeddings too"
    same(folder, answer(folder, what))

    # GPT2Model saved alone: no prefix.
    folder = fresh("names-bare")
    inner = GPT2Model(settings())
    inner.load_state_dict({name.removeprefix("transformer."): tensor.double() for name, tensor in everything.items()})
    save(folder, inner)
    assert "wte.weight" in load_file(folder / "model.safetensors")
    put_tokenizer(folder, LETTERS)
    same(folder, answer(folder, "names without the transformer. prefix, as GPT2Model saves them"))

    # The masks of old checkpoints. As openai-community/gpt2 has them: no prefix, float32, no masked_bias.
    mask = torch.ones(32, 32).tril().view(1, 1, 32, 32)
    bare = {name.removeprefix("transformer."): tensor for name, tensor in everything.items()}
    floats = {f"h.{l}.attn.bias": mask.clone() for l in range(2)}
    folder = folder_of("buffers-float", {**bare, **floats})
    same(folder, answer(folder, "the causal masks h.N.attn.bias as float32 [1, 1, 32, 32], names without prefix"))
    for name, dtype in (("buffers-bool", torch.bool), ("buffers-byte", torch.uint8)):
        masks = {f"transformer.h.{l}.attn.bias": mask.to(dtype).clone() for l in range(2)}
        masks.update({f"transformer.h.{l}.attn.masked_bias": torch.tensor(-1e4) for l in range(2)})
        folder = folder_of(name, {**everything, **masks})
        kind = str(dtype).removeprefix("torch.")
        same(folder, answer(folder, f"the causal masks as {kind}, with masked_bias, names with prefix"))

    folder = fresh("sharded")
    base.save_pretrained(folder, max_shard_size="8KB")
    put_tokenizer(folder, LETTERS)
    index = json.loads((folder / "model.safetensors.index.json").read_text())
    assert len(set(index["weight_map"].values())) >= 3 and not (folder / "model.safetensors").exists()
    same(folder, answer(folder, "safetensors in shards, with model.safetensors.index.json"))


# ---------------------------------------------------------------------------- 10 and 11: stored dtypes


def dtype_folders():
    logits = {}
    for dtype in (torch.float64, torch.float32, torch.float16, torch.bfloat16):
        name = str(dtype).removeprefix("torch.")
        folder = fresh(name)
        save(folder, draw(settings(), 38), dtype)
        put_tokenizer(folder, LETTERS)
        stored = {t.dtype for t in load_file(folder / "model.safetensors").values()}
        assert stored == {dtype}
        off = None
        if logits:
            before = list(logits)[-1]
            off = (f"the same numbers in {before}", logits[before])
        limit = 1e-7 if dtype == torch.float32 else 1e-3
        logits[name] = answer(folder, f"weights stored as {name}, read into float64", off=off, limit=limit)


# -------------------------------------------------------------------------------- 6: pytorch_model.bin


def bin_folders():
    for name, zipped in (("bin-zip", True), ("bin-old", False)):
        path = HERE / name / "pytorch_model.bin"
        before = path.read_bytes() if path.exists() else None
        folder = fresh(name)
        config = tiny(80, n_positions=16)
        config.architectures, config.dtype = ["GPT2LMHeadModel"], "float16"
        config.save_pretrained(folder)
        put_tokenizer(folder, LETTERS)
        model = draw(tiny(80, n_positions=16), 4).half()
        torch.save(model.state_dict(), path, _use_new_zipfile_serialization=zipped)
        if before is not None:
            # The old format holds memory addresses: what is there stays where it says the same.
            there, made = torch.load(io.BytesIO(before), weights_only=True), model.state_dict()
            if there.keys() == made.keys() and all(torch.equal(there[n], made[n]) for n in made):
                path.write_bytes(before)
        assert (path.read_bytes()[:2] == b"PK") == zipped
        try:
            torch.jit.load(path)
            raise AssertionError("torch.jit.load reads a state dict")
        except RuntimeError as error:
            says = "failed locating file constants.pkl" if zipped else "failed finding central directory"
            assert says in str(error), error
        kind = "a zip archive" if zipped else "the format before PyTorch 1.6"
        answer(folder, f"pytorch_model.bin only, {kind}; transformers reads it", ids=IDS, last=1)


# ------------------------------------------------------------ 7, 8, 9, 12: tokenizers and vocabularies

ODD = "a😀 é e\u0301\u00a0x\r\n\tto   Mars\n\n  the"


def text_answer(folder, what, text, off=None, network=True):
    """expected.json for a folder that is about its tokenizer: the text's tokens, and what the network makes of them."""
    tokens = tokens_of(folder, text)
    if off is not None:
        name, ids = off
        assert ids != tokens["ids"], folder.name
        tokens["off"], tokens["off_ids"] = name, ids
    if network:
        ids = tokens.pop("ids")
        return answer(folder, what, ids=ids, last=1, more=tokens)
    write(folder / "expected.json", {"what": what, **tokens})


def ids_with(trained, text, **options):
    return Tokenizer.from_str(json.dumps(tokenizer_json(trained, **options))).encode(text).ids


def put_tiny(folder, vocabulary, seed, **changes):
    return save(folder, draw(tiny(vocabulary, **changes), seed))


def tokenizer_folders():
    eos = 299
    odd_ids = ids_with(BYTES, ODD)

    added = [AddedToken("<|sep|>", special=True, normalized=False), AddedToken("Jupiter station", lstrip=True)]
    text = f"the race to  Jupiter station<|sep|> to a{EOS} Mars é Jupiter station."
    folder = fresh("added-tokens")
    put_tiny(folder, 302, 6, eos_token_id=eos, bos_token_id=eos)
    put_tokenizer(folder, BYTES, added=added)
    what = "two added tokens: <|sep|>, special, and Jupiter station, which is not and takes the spaces before it"
    text_answer(folder, what, text, off=("no added tokens but the end of text", ids_with(BYTES, text)))

    folder = fresh("padded-vocabulary")
    model = draw(tiny(320, eos_token_id=eos, bos_token_id=eos), 7)
    with torch.no_grad():
        model.transformer.wte.weight[300:] *= 1.5
    save(folder, model)
    put_tokenizer(folder, BYTES)
    what = "320 entries in the model, 300 in the tokenizer: the greedy continuation has tokens without a text"
    text_answer(folder, what, ODD)
    record = json.loads((folder / "expected.json").read_text())
    beyond = [id_ for id_ in record["greedy"] if id_ >= 300]
    assert beyond and len(beyond) < 8, record["greedy"]
    tokenizer = AutoTokenizer.from_pretrained(folder)
    assert tokenizer.convert_ids_to_tokens(beyond[0]) is None and tokenizer.decode(beyond) == ""
    write(folder / "expected.json", {**record, "greedy_text": tokenizer.decode(record["greedy"])})

    no_bos = ids_with(BYTES, ODD)
    folder = fresh("bos-template")
    put_tiny(folder, 300, 8)
    put_tokenizer(folder, BYTES, post=TEMPLATE_BOS(eos))
    what = "tokenizer.json puts the end-of-text token before every text (TemplateProcessing)"
    text_answer(folder, what, ODD, off=("no template", no_bos))
    folder = fresh("bos-template-off")
    put_tokenizer(folder, BYTES, config={**TOKENIZER_CONFIG, "add_bos_token": False}, post=TEMPLATE_BOS(eos))
    tiny(300).save_pretrained(folder)
    what = "the template, and add_bos_token false in tokenizer_config.json: transformers follows the template"
    text_answer(folder, what, ODD, off=("no template", no_bos), network=False)
    folder = fresh("bos-none")
    put_tiny(folder, 300, 8)
    put_tokenizer(folder, BYTES)
    text_answer(folder, "the same model; nothing is put before a text", ODD)
    folder = fresh("bos-ignored")
    put_tokenizer(folder, BYTES, config={**TOKENIZER_CONFIG, "add_bos_token": True})
    tiny(300).save_pretrained(folder)
    what = "add_bos_token true beside a tokenizer.json without template: transformers ignores it"
    text_answer(folder, what, ODD, network=False)
    folder = fresh("bos-pair")
    put_pair(folder, BYTES)
    write(folder / "tokenizer_config.json", {**TOKENIZER_CONFIG, "add_bos_token": True})
    tiny(300).save_pretrained(folder)
    what = "add_bos_token true beside vocab.json and merges.txt: transformers puts the token before every text"
    text_answer(folder, what, ODD, off=("no add_bos_token", no_bos), network=False)

    folder = fresh("pair")
    put_tiny(folder, 300, 9)
    put_pair(folder, BYTES)
    text = ODD + EOS + " Mars"
    text_answer(folder, "vocab.json and merges.txt, nothing else", text)
    assert ids_with(BYTES, text) == tokens_of(folder, text)["ids"]

    text = f"to<|sep|> Jupiter station  Mars{EOS}<|pad|>é"
    folder = fresh("pair-added")
    put_tiny(folder, 303, 10, eos_token_id=eos, bos_token_id=eos)
    put_pair(folder, BYTES)
    write(folder / "added_tokens.json", {"<|sep|>": 301, "Jupiter station": 300, "<|pad|>": 302})
    write(folder / "special_tokens_map.json",
          {"bos_token": EOS, "eos_token": EOS, "unk_token": EOS, "pad_token": "<|pad|>"})
    write(folder / "tokenizer_config.json", {"model_max_length": 64})
    off = ("without added tokens", ids_with(BYTES, text))
    what = "vocab.json and merges.txt with added_tokens.json and special_tokens_map.json"
    text_answer(folder, what, text, off=off)
    folder = fresh("pair-map")
    put_pair(folder, BYTES)
    write(folder / "special_tokens_map.json",
          {"bos_token": EOS, "eos_token": EOS, "unk_token": EOS, "pad_token": "<|pad|>",
           "additional_special_tokens": ["<|sep|>"]})
    tiny(302, eos_token_id=eos, bos_token_id=eos).save_pretrained(folder)
    what = "tokens that only special_tokens_map.json names get the next numbers: <|pad|> 300, <|sep|> 301"
    text_answer(folder, what, text, off=off, network=False)

    # As tokenizers without a tokenizer.json were saved from 2023 on.
    folder = fresh("pair-decoder")
    put_pair(folder, BYTES)
    flags = {"lstrip": False, "normalized": False, "rstrip": False, "single_word": False, "special": True}
    decoder = {
        "299": {"content": EOS, **flags},
        "300": {"content": "Jupiter station", **flags, "lstrip": True, "normalized": True, "special": False},
        "301": {"content": "<|sep|>", **flags},
    }
    write(folder / "tokenizer_config.json", {**TOKENIZER_CONFIG, "added_tokens_decoder": decoder})
    write(folder / "added_tokens.json", {"<|sep|>": 301, "Jupiter station": 300})
    tiny(302, eos_token_id=eos, bos_token_id=eos).save_pretrained(folder)
    what = "vocab.json and merges.txt with added_tokens_decoder in tokenizer_config.json, whose lstrip counts"
    text_answer(folder, what, text, off=off, network=False)

    folder = fresh("letters-only")
    put_tokenizer(folder, LETTERS)
    tiny(80).save_pretrained(folder)
    what = "bytes that the vocabulary lacks and no unknown token: they are dropped"
    text_answer(folder, what, "The Z\u00e9 5 rocket", network=False)

    text = "to Mars \U0001f600"
    off = ("no prefix space", ids_with(BYTES, text))
    spaced = {**TOKENIZER_CONFIG, "add_prefix_space": True}
    folder = fresh("prefix-space")
    put_tokenizer(folder, BYTES, config=spaced, prefix_space=True)
    tiny(300).save_pretrained(folder)
    what = "add_prefix_space true in both files: a space that the text does not have"
    text_answer(folder, what, text, off=off, network=False)
    folder = fresh("pair-prefix-space")
    put_pair(folder, BYTES)
    write(folder / "tokenizer_config.json", spaced)
    tiny(300).save_pretrained(folder)
    text_answer(folder, "add_prefix_space true beside vocab.json and merges.txt", text, off=off, network=False)


# -------------------------------------------------------------------------------- where a text ends


def end_folders():
    model = draw(tiny(80, eos_token_id=None), 17).half().double()
    long = greedy_of(model, IDS)
    end = long[3]
    assert end not in long[:3], long
    for name, what in (
        ("eos-list", "eos_token_id is a list: generation ends at any of them"),
        ("eos-generation-config", "generation_config.json names another eos_token_id than config.json: it wins"),
    ):
        folder = fresh(name)
        in_list = name == "eos-list"
        stored = draw(tiny(80, eos_token_id=[79, end] if in_list else 79), 17)
        save(folder, stored)
        (folder / "generation_config.json").unlink()
        if not in_list:
            write(folder / "generation_config.json",
                  {"bos_token_id": 79, "eos_token_id": end, "transformers_version": transformers.__version__})
        put_tokenizer(folder, LETTERS)
        answer(folder, what, last=1, generated=4,
               more={"off": "eos_token_id 79", "off_greedy": long})


# ------------------------------------------------------------------------ 13: config.json, activations

SMALL = {
    "model_type": "gpt2", "vocab_size": 80, "n_positions": 16, "n_embd": 8, "n_layer": 1, "n_head": 2,
    "bos_token_id": 79, "eos_token_id": 79,
}


def without(*names, **more):
    return {**{k: v for k, v in SMALL.items() if k not in names}, **more}


# Each: a configuration, whether transformers makes a model of it, what it makes of some fields, why; and whether a
# reader that knows only the plain GPT-2 should refuse what transformers reads.
CONFIGS = [
    (SMALL, True, {"n_embd": 8, "eos_token_id": 79}, "the plain one, for comparison"),
    (without(n_ctx=16), True, {"n_positions": 16}, "n_ctx is an old second name of n_positions and is not looked at"),
    (without(n_ctx=1024), True, {"n_positions": 16}, "n_ctx is not looked at, even where it differs from n_positions"),
    (without("n_embd", n_head=12), True, {"n_embd": 768}, "a field that is missing has GPT-2's default"),
    (without("n_positions"), True, {"n_positions": 1024}, "a field that is missing has GPT-2's default"),
    (without("eos_token_id"), True, {"eos_token_id": 50256}, "the default, which this vocabulary does not have"),
    (without("n_embd", "n_layer", "n_head", "n_positions", hidden_size=8, num_hidden_layers=1, num_attention_heads=2,
             max_position_embeddings=16),
     True, {"n_embd": 8, "n_layer": 1, "n_head": 2, "n_positions": 16},
     "the names of other models, through GPT2Config's attribute_map"),
    (without(hidden_size=16), True, {"n_embd": 16}, "both names: hidden_size wins over n_embd"),
    ({"hidden_size": 16, **SMALL}, True, {"n_embd": 16}, "both names, in the other order: hidden_size wins again"),
    (without(eos_token_id=[79, 3]), True, {"eos_token_id": [79, 3]}, "a list: generation ends at any of them"),
    (without(eos_token_id=[]), True, {"eos_token_id": []}, "an empty list"),
    (without(eos_token_id=None), True, {"eos_token_id": None}, "null: nothing ends generation"),
    (without(eos_token_id=-1), True, {"eos_token_id": -1}, "-1, which some write for none"),
    (without(eos_token_id="79"), False, {}, "a text for a number"),
    (without(torch_dtype="float16"), True, {"dtype": "torch.float16"},
     "the old name of dtype; what the weights are loaded as by default"),
    (without(dtype="bfloat16"), True, {"dtype": "torch.bfloat16"}, "dtype"),
    (without(dtype="torch.float16"), False, {},
     "torch has no attribute torch.float16; a plain reader need not look at it"),
    (without(activation_function="swish"), True, {}, "another name of silu"),
    (without(activation_function="gelu_newest"), False, {}, "no such activation: KeyError when the model is made"),
    (without(activation_function="GELU"), False, {}, "names are taken as they are written"),
    (without(activation_function=None), False, {}, "null for a text"),
    (without(hidden_act="relu"), True, {"activation_function": "gelu_new"},
     "hidden_act is not in the attribute_map: not looked at"),
    (without(intermediate_size=20), True, {"n_inner": None},
     "intermediate_size is not in the attribute_map: not looked at"),
    (without(n_inner=None), True, {"n_inner": None}, "null: 4 times n_embd"),
    (without(architectures=["GPT2DoubleHeadsModel"]), True, {},
     "GPT2LMHeadModel reads it and leaves multiple_choice_head.* out"),
    (without(architectures=["GPT2ForSequenceClassification"], id2label={"0": "A", "1": "B"}), True, {},
     "GPT2LMHeadModel reads it; the tied head is the embeddings and score.weight is left out"),
    (without(add_cross_attention=True), True, {},
     "one more attention with ln_cross_attn in every block, unused without an encoder", True),
    (without(quantization_config={"quant_method": "bitsandbytes", "load_in_8bit": True}), True, {},
     "the configuration is read; from_pretrained then wants the quantiser's package (ImportError)", True),
    (without(quantization_config={"quant_method": "gptq", "bits": 4}), True, {},
     "the configuration is read; from_pretrained then wants the quantiser's package (ImportError)", True),
    (without(quantization_config=None), True, {}, "null is none"),
    (without(quantization_config={}), True, {},
     "the configuration is read; from_pretrained raises ValueError (no quant_method); a plain reader may read it"),
    (without(n_head=3), False, {}, "n_head does not divide n_embd"),
    (without(n_head=0), False, {}, "ZeroDivisionError"),
    (without(n_layer=0), True, {}, "no blocks: embeddings, norm and head", True),
    (without(n_layer="1"), False, {}, "a text for a number"),
    (without(n_embd=8.0), False, {}, "8.0 is not an integer"),
    (without(pruned_heads={}), True, {}, "no heads are cut out"),
    (without(pruned_heads={"0": [1]}), True, {},
     "transformers 5 does not look at it any more; earlier versions cut the head out when they loaded", True),
    (without(layer_norm_epsilon=1), False, {}, "an integer for a float; a reader may take it"),
    (without(layer_norm_epsilon="1e-5"), False, {}, "a text for a number"),
    (without(scale_attn_weights=1), False, {}, "1 for true"),
    (without(tie_word_embeddings=None), False, {}, "null for a truth value"),
    (without("model_type"), True, {}, "GPT2Config reads it, AutoConfig does not"),
    (without(model_type="gpt_bigcode"), True, {},
     "GPT2Config warns and reads it; AutoModelForCausalLM makes another network, one key and value for all heads", True),
    (without(afn="gelu_new", n_ctx=16, output_past=True, _num_labels=1, gradient_checkpointing=False,
             use_bfloat16=False, torchscript=False, finetuning_task=None, do_sample=True, max_length=50,
             resid_pdrop=0.1, embd_pdrop=0.1, attn_pdrop=0.1, summary_type="cls_index", initializer_range=0.02, _name_or_path="gpt2",
             task_specific_params={"text-generation": {"do_sample": True, "max_length": 50}}),
     True, {"n_embd": 8},
     "what old versions wrote: not looked at; do_sample and max_length no longer reach generation from here"),
]


def configs():
    records = []
    for config, reads, becomes, why, *refuse in CONFIGS:
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "config.json").write_text(json.dumps(config))
            try:
                made = GPT2Config.from_pretrained(folder)
                with torch.device("meta"):
                    GPT2LMHeadModel(made)
                found = True
            except Exception:
                found = False
        assert found == reads, (why, found)
        for field, value in becomes.items():
            is_ = getattr(made, field)
            assert (str(is_) if field == "dtype" else is_) == value, (why, field, is_)
        record = {"why": why, "reads": reads}
        if refuse:
            record["refuse"] = True
        if becomes:
            record["becomes"] = becomes
        records.append({**record, "config": config})
    write(HERE / "configs.json", records)


def activations():
    xs = [-20.0, -8.0, -4.0, -2.0, -1.0, -0.5, -0.1, -1e-3, 0.0, 1e-3, 0.1, 0.5, 1.0, 2.0, 4.0, 8.0, 20.0]
    x = torch.tensor(xs, dtype=torch.float64)
    own = ["prelu", "xielu"]  # numbers of their own in the checkpoint
    values = {name: digits(ACT2FN[name](x).tolist(), 15) for name in sorted(ACT2CLS) if name not in own}
    for name, formula in FORMULAS.items():
        below("activations: against the formula", (ACT2FN[name](x) - formula(x)).abs().max(), 1e-12)
    write(HERE / "activations.json", {
        "what": "every activation that transformers knows by name, in float64, but prelu and xielu, which have weights",
        "versions": {
            "python": platform.python_version(),
            "torch": torch.__version__,
            "transformers": transformers.__version__,
            "tokenizers": tokenizers.__version__,
            "safetensors": safetensors.__version__,
            "numpy": np.__version__,
        },
        "x": xs,
        "y": values,
    })


# ---------------------------------------------------- what README.md says of transformers without a folder


def asserts():
    eos, text = 299, "to<|sep|>  Jupiter station<|pad|> x"
    assert transformers.GPT2TokenizerFast is transformers.GPT2Tokenizer

    def tokens(put, cls=AutoTokenizer, text=text):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            tiny(310, eos_token_id=eos).save_pretrained(folder)
            put(folder)
            return cls.from_pretrained(folder)(text)["input_ids"]

    def backend(**changes):
        def put(folder):
            put_tokenizer(folder, BYTES)
            made = json.loads((folder / "tokenizer.json").read_text())
            write(folder / "tokenizer.json", {**made, **changes})
        return put

    prefix = {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True}
    plain, spaced = ids_with(BYTES, "to \u00e9"), ids_with(BYTES, " to \u00e9")
    assert tokens(backend(pre_tokenizer=prefix), text="to \u00e9") == plain
    assert tokens(backend(pre_tokenizer=prefix), PreTrainedTokenizerFast, "to \u00e9") == spaced
    decomposed = ids_with(BYTES, "to e\u0301")
    assert tokens(backend(normalizer={"type": "NFD"}), text="to \u00e9") == plain
    assert tokens(backend(normalizer={"type": "NFD"}), PreTrainedTokenizerFast, "to \u00e9") == decomposed
    spaced_config = lambda folder: put_tokenizer(folder, BYTES, config={**TOKENIZER_CONFIG, "add_prefix_space": True})
    assert tokens(spaced_config, text="to \u00e9") == spaced
    assert tokens(spaced_config, PreTrainedTokenizerFast, "to \u00e9") == plain

    # A template in tokenizer.json is followed whatever add_bos_token says.
    no_bos = {**TOKENIZER_CONFIG, "add_bos_token": False}
    assert tokens(lambda f: put_tokenizer(f, BYTES, config=no_bos, post=TEMPLATE_BOS(eos)))[0] == eos
    # A special token that only tokenizer_config.json names is added, beside a tokenizer.json too.
    assert 300 in tokens(lambda f: put_tokenizer(f, BYTES, config={**TOKENIZER_CONFIG, "pad_token": "<|pad|>"}))

    def old_beside_new(folder):
        put_tokenizer(folder, BYTES)
        write(folder / "added_tokens.json", {"<|sep|>": 300})

    assert 300 in tokens(old_beside_new)

    # Gaps in added_tokens.json are closed: the numbers are not kept.
    def gaps(folder):
        put_pair(folder, BYTES)
        write(folder / "added_tokens.json", {"<|sep|>": 305, "<|pad|>": 302})

    assert [id_ for id_ in tokens(gaps) if id_ >= 300] == [301, 300]
    # A vocab.json without the end of text gets it as its next token.
    short = ({k: v for k, v in BYTES[0].items() if k != EOS}, BYTES[1])
    assert tokens(lambda f: put_pair(f, short), text=EOS) == [299]

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        save(folder, draw(tiny(80), 17))
        first = logits_of(load(folder), IDS)
        # No head where it should have its own: numbers of chance.
        heads = [load(folder, tie_word_embeddings=False).lm_head.weight for _ in range(2)]
        assert not torch.equal(*heads)
        # A block too few in the file: numbers of chance. A block too many: left out.
        blocks = [load(folder, n_layer=2).transformer.h[1].mlp.c_fc.weight for _ in range(2)]
        assert not torch.equal(*blocks)
        assert len(load(folder, n_layer=0).transformer.h) == 0
        # Other heads' tensors are left out.
        for cls in (GPT2DoubleHeadsModel, GPT2ForSequenceClassification):
            with tempfile.TemporaryDirectory() as other:
                made = cls(tiny(80, pad_token_id=0))
                made.transformer.load_state_dict(load(folder).transformer.state_dict())
                made.double().save_pretrained(other)
                names = load_file(Path(other) / "model.safetensors").keys()
                assert any(name.startswith(("multiple_choice_head.", "score.")) for name in names)
                assert torch.equal(logits_of(load(Path(other)), IDS), first)
        # Beside safetensors, pytorch_model.bin is not read.
        torch.save({"lm_head.weight": torch.zeros(1)}, folder / "pytorch_model.bin")
        assert torch.equal(logits_of(load(folder), IDS), first)


# ------------------------------------------------------------------------------------------------ main

if __name__ == "__main__":
    config_folders()
    named_folders()
    dtype_folders()
    bin_folders()
    tokenizer_folders()
    end_folders()
    configs()
    activations()
    asserts()
    total = 0
    for entry in sorted(HERE.iterdir()):
        files = [entry] if entry.is_file() else list(entry.iterdir())
        size = sum(file.stat().st_size for file in files)
        total += size
        print(f"{size:8d}  {entry.name}")
    print(f"{total:8d}  in all")
    for name, value in sorted(CHECKS.items()):
        print(f"  {name}: {value:.3g}")
