"""Small checkpoints of Llama's family in every form, and transformers' own answers on them.

Nothing here knows the Rust code. See README.md for the folders.

    OMP_NUM_THREADS=1 python generate.py     # everything, beside this file; it stops if a self-check fails
"""

import json
import math
import shutil
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(HERE.parent))

from peer import *
from safetensors.torch import load_file, save_file
from tokenizers import Regex, normalizers
from transformers import (
    AutoTokenizer,
    LlamaConfig,
    LlamaModel,
    MistralConfig,
    PreTrainedTokenizerFast,
    Qwen2Config,
    Qwen3Config,
)
from transformers.activations import ACT2CLS, ACT2FN

END = "<|endoftext|>"
LETTERS = train(80, [], END)
IDS = [7, 30, 2, 61, 41, 7, 55, 19, 33, 5]

SHAPE = dict(
    vocab_size=80, hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=2,
    num_key_value_heads=1, max_position_embeddings=64, bos_token_id=79, eos_token_id=79)
KINDS = {"llama": LlamaConfig, "mistral": MistralConfig, "qwen2": Qwen2Config, "qwen3": Qwen3Config}


def settings(kind, **changes):
    """The shape that most folders share: two heads of width 8 with one key and value."""
    return KINDS[kind](**{**SHAPE, **({"head_dim": 8} if kind == "qwen3" else {}), **changes})


def save(folder, model, dtype=torch.float16):
    model.to(dtype).save_pretrained(folder)
    put_tokenizer(folder, byte_level(LETTERS, END), END)


def raw_tensors(folder):
    raw = {}
    for file in sorted(folder.glob("*.safetensors")):
        raw.update(load_file(file))
    return raw


def answer_of(folder, ids=IDS, last=3, generated=8, least=None):
    """What transformers says on a folder's model. `least`: see greedy_of."""
    model = load(folder)
    logits = logits_of(model, ids)
    hand_check(model, ids, logits)
    apart = (as_shipped(model, ids) - logits)[-last:].abs().max().item()
    below("logits: as shipped against float64 throughout", apart, 1e-4)
    greedy = greedy_of(model, ids, generated, least)
    assert least or len(greedy) == generated, (folder.name, greedy)
    record = {"ids": ids, "greedy": greedy, "as_shipped_is_off_by": digits([apart], 3)[0]}
    record["positions"] = list(range(len(ids) - last, len(ids)))
    record["logits"] = digits(logits[-last:])
    return record, logits


def answer(folder, what, off=None, limit=1e-3, **options):
    """Writes expected.json. `off`: a name and what the folder is about switched off, as logits."""
    record, logits = answer_of(folder, **options)
    record = {"what": what, **record}
    if off is not None:
        name, other = off
        size = (other - logits)[record["positions"]].abs().max().item()
        above(f"{folder.name}: against {name}", size, limit)
        record["off"], record["off_changes_by"] = name, digits([size], 3)[0]
    write(folder / "expected.json", record)
    return logits


# ------------------------------------------------------------------------------------------- folders


def folder_of(name, config, tensors):
    folder = fresh(HERE / name)
    config.architectures, config.dtype = [config.__class__.__name__.replace("Config", "ForCausalLM")], "float16"
    config.save_pretrained(folder)
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    put_tokenizer(folder, byte_level(LETTERS, END), END)
    return folder


def stored(model):
    """The tensors as save_pretrained writes them: no second name for a tied head."""
    tensors = {name: tensor.contiguous().clone() for name, tensor in model.state_dict().items()}
    if model.config.tie_word_embeddings:
        tensors.pop("lm_head.weight", None)
    return tensors


def folders():
    # One for each model_type; cases.json changes their configurations.
    for kind, what, changes in [
        ("llama", "llama, its head its own, one key and value for both heads", {}),
        ("mistral", "mistral: sliding_window 4 in every block", {"sliding_window": 4}),
        ("qwen2", "qwen2: biases of q, k and v alone", {}),
        ("qwen3", "qwen3: norms of q and k over each head, head_dim 8 in the configuration", {}),
    ]:
        folder = fresh(HERE / kind)
        save(folder, draw(settings(kind, **changes), 36))
        off = None
        if kind == "mistral":
            off = ("sliding_window null", logits_of(load(folder, sliding_window=None), IDS))
        elif kind != "llama":
            # As Llama: what Llama has no place for is left out.
            llama = settings("llama", head_dim=8)
            tensors = {k: v for k, v in raw_tensors(folder).items() if not k.endswith((".bias", "q_norm.weight", "k_norm.weight"))}
            off = ("read as llama", logits_of(load_into(llama, tensors), IDS))
        # Greedy tokens of Mistral go far beyond its window.
        answer(folder, what, off=off)

    base = draw(settings("llama"), 36).half()
    everything = stored(base)

    def weights_alone(name, what, config, keep, generated=8):
        """Tensors of another shape: the folder is wrong altogether without what it is about."""
        folder = fresh(HERE / name)
        model = draw(config, 37)
        save(folder, model)
        assert all(any(name.endswith(end) for name in stored(model)) for end in keep), name
        return answer(folder, what, generated=generated)

    def without_biases(name, kind, what, keep=(), **changes):
        folder = fresh(HERE / name)
        save(folder, draw(settings(kind, **changes), 38))
        assert all(any(name.endswith(end) for name in raw_tensors(folder)) for end in keep), name
        plain = settings(kind, **{field: False for field in changes})
        tensors = {k: v for k, v in raw_tensors(folder).items() if not k.endswith(".bias")}
        answer(folder, what, off=("without the biases", logits_of(load_into(plain, tensors), IDS)))

    without_biases(
        "llama-bias", "llama", "attention_bias and mlp_bias true: biases in all seven maps of a block",
        ("o_proj.bias", "down_proj.bias"), attention_bias=True, mlp_bias=True)
    without_biases(
        "qwen3-bias", "qwen3", "attention_bias true: biases of q, k, v and o", ("o_proj.bias",), attention_bias=True)
    weights_alone(
        "llama-head-dim", "head_dim 6 where hidden_size / num_attention_heads is 4; two heads for each key and value",
        settings("llama", head_dim=6, num_attention_heads=4, num_key_value_heads=2), ())
    weights_alone(
        "qwen2-head-dim", "head_dim 6 in a qwen2, whose class does not list the field and honours it",
        settings("qwen2", head_dim=6, num_attention_heads=4, num_key_value_heads=2), ())
    # num_key_value_heads is left out: as many as heads.
    folder = fresh(HERE / "llama-heads")
    save(folder, draw(settings("llama", num_attention_heads=4, num_key_value_heads=4), 39))
    config = json.loads((folder / "config.json").read_text())
    assert config.pop("num_key_value_heads") == 4
    del config["head_dim"]
    write(folder / "config.json", config)
    answer(folder, "four heads, num_key_value_heads and head_dim left out")

    # Heads. `tie_word_embeddings` is false by default in all four.
    random = np.random.RandomState(4)
    other_head = torch.from_numpy(0.4 * random.standard_normal((80, 16))).half()
    tied = {name: tensor for name, tensor in everything.items() if name != "lm_head.weight"}
    embeddings = tied["model.embed_tokens.weight"]
    folder = folder_of("tied", settings("llama", tie_word_embeddings=True), tied)
    untied = logits_of(load(HERE / "llama"), IDS)
    plain = answer(folder, "tie_word_embeddings true", off=("a head of its own", untied))

    def same(folder, logits):
        below("heads and names: against tied", (logits - plain).abs().max(), 1e-12)

    config = lambda: settings("llama", tie_word_embeddings=True)
    folder = folder_of("head-differs", config(), {**tied, "lm_head.weight": other_head})
    what = "tie_word_embeddings true, but the stored lm_head.weight differs: transformers does not tie them"
    answer(folder, what, off=("tied", plain))
    folder = folder_of("head-repeated", config(), {**tied, "lm_head.weight": embeddings.clone()})
    same(folder, answer(folder, "a tied head that is stored all the same, with equal values"))
    without = {name: tensor for name, tensor in tied.items() if name != "model.embed_tokens.weight"}
    folder = folder_of("head-only", config(), {**without, "lm_head.weight": embeddings.clone()})
    same(folder, answer(folder, "a tied head of which only lm_head.weight is stored: it is the embeddings too"))

    # LlamaModel saved alone: no prefix.
    folder = fresh(HERE / "names-bare")
    inner = LlamaModel(config())
    inner.load_state_dict({name.removeprefix("model."): tensor.double() for name, tensor in tied.items()})
    save(folder, inner)
    assert "embed_tokens.weight" in raw_tensors(folder)
    same(folder, answer(folder, "names without the model. prefix, as LlamaModel saves them"))

    # Frequencies beside the weights, as in Llama 2's first checkpoints.
    frequencies = (1 / 10_000 ** (torch.arange(0, 8, 2).float() / 8)).half()
    buffers = {f"model.layers.{l}.self_attn.rotary_emb.inv_freq": 3 * frequencies for l in range(2)}
    folder = folder_of("buffers", config(), {**tied, **buffers})
    same(folder, answer(folder, "rotary_emb.inv_freq in every block, with numbers that are not the frequencies"))

    # Shards, dtypes.
    folder = fresh(HERE / "sharded")
    base.save_pretrained(folder, max_shard_size="5KB")
    put_tokenizer(folder, byte_level(LETTERS, END), END)
    assert len(list(folder.glob("*.safetensors"))) == 3
    below("sharded: against one file", (answer(folder, "three files and an index") - untied).abs().max(), 1e-12)
    for dtype in (torch.bfloat16, torch.float32):
        name = str(dtype).removeprefix("torch.")
        folder = fresh(HERE / name)
        save(folder, draw(settings("llama"), 36), dtype)
        answer(folder, f"weights stored in {name}", off=("rounded to float16", untied), limit=1e-5)

    # A vocabulary that is longer than the tokenizer's.
    folder = fresh(HERE / "padded-vocabulary")
    save(folder, draw(settings("qwen3", vocab_size=96), 40))
    answer(folder, "96 entries in the model, 80 in the tokenizer: transformers chooses among all of them")

    # Where a text ends.
    ends = load(HERE / "llama")
    long = greedy_of(ends, IDS)
    end = long[3]
    assert end not in long[:3], long
    for name, what in (
        ("eos-list", "eos_token_id is a list: generation ends at any of them"),
        ("eos-generation-config", "generation_config.json names another eos_token_id than config.json: it wins"),
    ):
        in_list = name == "eos-list"
        folder = folder_of(name, settings("llama", eos_token_id=[79, end] if in_list else 79), everything)
        if not in_list:
            write(folder / "generation_config.json",
                  {"bos_token_id": 79, "eos_token_id": [79, end], "transformers_version": transformers.__version__})
        answer(folder, what, last=1, generated=4)


def load_into(config, tensors):
    """A model of those tensors and no others."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        config.save_pretrained(folder)
        save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
        return load(folder)


# --------------------------------------------------------------------------------------------- cases

LLAMA3 = {
    "rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
    "original_max_position_embeddings": 16}
YARN = {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 16}
BASE = {"rope_theta": 100.0}


def case(name, folder, what, set_=None, drop=(), off=None, same=None, ids=IDS, frequencies=None, limit=1e-3):
    """One configuration of a folder. `off`: fields as they would be were the case's own ignored, or a case's name.
    `same`: it changes nothing against these fields. `frequencies`: what they should be, by another formula."""
    return dict(
        name=name, folder=folder, what=what, set=set_ or {}, drop=list(drop), off=off, same=same, ids=ids,
        frequencies=frequencies, limit=limit)


def rope(**parameters):
    """In the new spelling, with the base."""
    return {"rope_parameters": {**BASE, **parameters}}


def old(scaling, **more):
    """In the old one. save_pretrained writes the new one, which is dropped."""
    return dict(set_={**BASE, "rope_scaling": scaling, **more}, drop=["rope_parameters"])


PLAIN = rope(rope_type="default")
SHORT = IDS[:4]


def frequencies_of(rope, context=64, width=8):
    """The frequencies by the papers' formulas, in float64."""
    base = rope.get("rope_theta", 1e4)
    omega = np.array([base ** (-2 * i / width) for i in range(width // 2)])
    kind, original = rope.get("rope_type", "default"), rope.get("original_max_position_embeddings", context)
    if kind == "linear":
        return omega / rope["factor"]
    turns = original * omega / (2 * math.pi)
    if kind == "llama3":
        low, high = rope["low_freq_factor"], rope["high_freq_factor"]
        share = np.clip((turns - low) / (high - low), 0, 1)
        return share * omega + (1 - share) * omega / rope["factor"]
    if kind == "yarn":
        dim = lambda b: width * math.log(original / (b * 2 * math.pi)) / (2 * math.log(base))
        low, high = dim(rope.get("beta_fast") or 32), dim(rope.get("beta_slow") or 1)
        if rope.get("truncate", True):
            low, high = math.floor(low), math.ceil(high)
        low, high = max(low, 0), min(high, width - 1)
        share = np.clip((np.arange(width // 2) - low) / max(high - low, 0.001), 0, 1)
        factor = rope["factor"] if rope["factor"] is not None else context / original
        return omega * (1 - share) + omega / factor * share
    return omega


CASES = [
    case("theta", "llama", "rope_parameters with rope_theta 100", PLAIN, off=rope(rope_theta=10000.0)),
    case("theta-old", "llama", "rope_theta 100 in the old spelling", BASE, ["rope_parameters"], same=PLAIN),
    case("theta-left-out", "llama", "no field about rotary positions: base 10000", {}, ["rope_parameters"],
         off=PLAIN, same=rope(rope_theta=10000.0)),
    case("theta-twice", "llama", "rope_theta beside rope_parameters that has one too: the inner one counts",
         {"rope_theta": 7.0, **PLAIN}, off=rope(rope_theta=7.0), same=PLAIN),
    case("theta-outside", "llama", "rope_theta beside rope_parameters that has none",
         {"rope_theta": 100.0, "rope_parameters": {"rope_type": "default"}}, same=PLAIN),
    case("scaling-null", "llama", "rope_scaling null", **old(None), same=PLAIN),
    case("both-spellings", "llama", "rope_scaling and rope_parameters: rope_scaling counts",
         {"rope_theta": 7.0, "rope_scaling": {"rope_type": "linear", "factor": 2.5}, **PLAIN},
         off=PLAIN, same={"rope_parameters": {"rope_theta": 7.0, "rope_type": "linear", "factor": 2.5}}),
    case("linear", "llama", "linear, factor 2.5", rope(rope_type="linear", factor=2.5), off=PLAIN),
    case("linear-type", "llama", "linear, with `type` for rope_type", **old({"type": "linear", "factor": 2.5}),
         off=PLAIN, same=rope(rope_type="linear", factor=2.5)),
    case("dynamic", "llama", "dynamic within max_position_embeddings: the default",
         rope(rope_type="dynamic", factor=4.0), same=PLAIN),
    case("dynamic-type", "llama", "the same in the old spelling", **old({"type": "dynamic", "factor": 4.0}), same=PLAIN),
    case("yarn", "llama", "yarn: attention factor 0.1 ln 4 + 1", rope(**YARN), off=PLAIN),
    case("yarn-old", "llama", "the same in the old spelling", **old({**YARN}), off=PLAIN, same=rope(**YARN)),
    case("yarn-attention-factor", "llama", "yarn with attention_factor 0.7",
         rope(**YARN, attention_factor=0.7), off=rope(**YARN)),
    case("yarn-mscale", "llama", "yarn with mscale and mscale_all_dim",
         rope(**YARN, mscale=1.5, mscale_all_dim=0.4), off=rope(**YARN)),
    case("yarn-mscale-alone", "llama", "yarn with mscale alone, which is not looked at then",
         rope(**YARN, mscale=1.5), same=rope(**YARN)),
    case("yarn-beta", "llama", "yarn with beta_fast 3 and beta_slow 0.2",
         rope(**YARN, beta_fast=3.0, beta_slow=0.2), off=rope(**YARN)),
    case("yarn-truncate", "llama", "yarn with truncate false: the ramp begins and ends between dimensions",
         rope(**YARN, truncate=False, beta_fast=1.9, beta_slow=0.3),
         off=rope(**YARN, beta_fast=1.9, beta_slow=0.3)),
    case("yarn-context-left-out", "llama", "yarn without original_max_position_embeddings: max_position_embeddings",
         rope(rope_type="yarn", factor=4.0), off=rope(**YARN),
         same=rope(rope_type="yarn", factor=4.0, original_max_position_embeddings=64)),
    case("yarn-factor-null", "llama", "yarn with factor null: max_position_embeddings over the original",
         rope(**{**YARN, "factor": None}), same=rope(**YARN)),
    case("yarn-factor-below-one", "llama", "yarn with factor 0.5: attention factor 1",
         rope(**{**YARN, "factor": 0.5}), off=PLAIN),
    case("yarn-context-outside", "llama", "original_max_position_embeddings beside rope_parameters: it counts",
         {"original_max_position_embeddings": 40, **rope(**YARN)}, off=rope(**YARN),
         same=rope(**{**YARN, "original_max_position_embeddings": 40})),
    case("llama3", "llama", "llama3: one frequency stays, one is between, two are divided by 8",
         rope(**LLAMA3), off=PLAIN),
    case("llama3-old", "llama", "the same in the old spelling", **old({**LLAMA3}), off=PLAIN, same=rope(**LLAMA3)),
    case("llama3-short", "llama", "llama3 in a text of four tokens", rope(**LLAMA3), off=PLAIN, ids=SHORT),
    case("llama3-theta", "llama", "llama3 with base 500000 and an original context of 8192, as Llama 3.2 has it",
         {"rope_parameters": {**LLAMA3, "rope_theta": 500000.0, "factor": 32.0, "original_max_position_embeddings": 8192}},
         off={"rope_parameters": {"rope_type": "default", "rope_theta": 500000.0}}, limit=1e-6),
    case("default-partial", "llama", "partial_rotary_factor with the default type: Llama does not look at it",
         rope(rope_type="default", partial_rotary_factor=0.5), same=PLAIN),
    case("epsilon", "llama", "rms_norm_eps 0.05", {"rms_norm_eps": 0.05}, off={"rms_norm_eps": 1e-6}),
    case("epsilon-left-out", "llama", "rms_norm_eps left out: 1e-6", {}, ["rms_norm_eps"],
         off={"rms_norm_eps": 1e-5}, same={"rms_norm_eps": 1e-6}, limit=1e-7),
    case("window-ignored", "llama", "sliding_window in a llama: not looked at", {"sliding_window": 2}, same={}),
    case("training-fields", "llama", "attention_dropout, pretraining_tp, initializer_range: nothing after training",
         {"attention_dropout": 0.5, "pretraining_tp": 2, "initializer_range": 0.5, "use_cache": False}, same={}),
    *[case(f"activation-{name.replace('_', '-')}", "llama", f"hidden_act {name}", {"hidden_act": name},
           off={"hidden_act": "silu" if name != "silu" else "gelu"})
      for name in ["silu", "swish", "gelu", "gelu_new", "gelu_pytorch_tanh", "gelu_fast", "relu", "relu2"]
      if name not in ("silu", "swish")],
    case("activation-swish", "llama", "hidden_act swish: silu", {"hidden_act": "swish"}, same={"hidden_act": "silu"}),
    case("activation-left-out", "llama", "hidden_act left out: silu", {}, ["hidden_act"], same={"hidden_act": "silu"}),

    case("mistral-null", "mistral", "sliding_window null: none", {"sliding_window": None}, off={"sliding_window": 4}),
    case("mistral-left-out", "mistral", "sliding_window left out: 4096", {}, ["sliding_window"],
         off={"sliding_window": 4}, same={"sliding_window": None}),
    case("mistral-one", "mistral", "sliding_window 1: a token sees itself alone", {"sliding_window": 1},
         off={"sliding_window": 2}),
    case("mistral-exact", "mistral", "sliding_window 10, as long as the text", {"sliding_window": 10},
         off={"sliding_window": 9}, same={"sliding_window": None}),
    case("mistral-bias", "mistral", "attention_bias in a mistral without biases: not looked at",
         {"attention_bias": True}, same={}),
    case("mistral-yarn", "mistral", "yarn in a mistral", {**rope(**YARN)}, off=PLAIN),

    *[x for kind in ("qwen2", "qwen3") for x in [
        case(f"{kind}-window", kind, "use_sliding_window from block 1 on",
             {"use_sliding_window": True, "sliding_window": 3, "max_window_layers": 1},
             off={"use_sliding_window": False}),
        case(f"{kind}-window-all", kind, "use_sliding_window in all blocks",
             {"use_sliding_window": True, "sliding_window": 3, "max_window_layers": 0},
             off={"use_sliding_window": True, "sliding_window": 3, "max_window_layers": 1}),
        case(f"{kind}-window-types", kind, "layer_types: the first block slides, whatever max_window_layers says",
             {"use_sliding_window": True, "sliding_window": 3, "max_window_layers": 1,
              "layer_types": ["sliding_attention", "full_attention"]},
             off={"use_sliding_window": True, "sliding_window": 3, "max_window_layers": 1}),
        case(f"{kind}-window-late", kind, "max_window_layers left out: 28, so no block slides",
             {"use_sliding_window": True, "sliding_window": 3}, ["max_window_layers", "layer_types"],
             off={"use_sliding_window": True, "sliding_window": 3, "max_window_layers": 1}, same={}),
        case(f"{kind}-window-unused", kind, "use_sliding_window false beside a sliding_window",
             {"use_sliding_window": False, "sliding_window": 3, "max_window_layers": 0}, ["layer_types"],
             off={"use_sliding_window": True, "sliding_window": 3, "max_window_layers": 0}, same={}),
        case(f"{kind}-yarn", kind, "yarn, as Qwen's cards say to add it", **old({**YARN}), off=PLAIN),
    ]],
]


def cases():
    records = []

    @contextlib.contextmanager
    def at(c, set_, drop=()):
        """The case's folder with that configuration, and what was dropped of it."""
        base = HERE / c["folder"]
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            config = json.loads((base / "config.json").read_text())
            # save_pretrained writes layer_types out: a case that says otherwise does not want them.
            if any(field in set_ for field in ("use_sliding_window", "max_window_layers", "sliding_window")):
                drop = [*drop, "layer_types"]
            if "rope_parameters" in set_ or "rope_scaling" in set_:
                drop = [*drop, "rope_parameters"]
            dropped = sorted({field for field in drop if field in config and field not in set_})
            config = {**{k: v for k, v in config.items() if k not in dropped}, **set_}
            (folder / "config.json").write_text(json.dumps(config))
            shutil.copy(base / "model.safetensors", folder)
            yield folder, dropped

    def logits(c, set_):
        with at(c, set_) as (folder, _):
            return logits_of(load(folder), c["ids"])

    for c in CASES:
        with at(c, c["set"], c["drop"]) as (folder, dropped):
            record, found = answer_of(folder, ids=c["ids"], least=1)
            model = load(folder)
        positions = record["positions"]
        if c["off"] is not None:
            size = (logits(c, c["off"]) - found)[positions].abs().max().item()
            above(f"case {c['name']}: against the field ignored", size, c["limit"])
            record = {"off": c["off"], "off_changes_by": digits([size], 3)[0], **record}
        if c["same"] is not None:
            below("cases: what should change nothing", (logits(c, c["same"]) - found).abs().max(), 1e-12)
            record = {"same": c["same"], **record}
        rotary = model.model.rotary_emb
        formula = torch.from_numpy(frequencies_of(model.config.rope_parameters, width=8))
        below("cases: frequencies against the papers' formulas", (rotary.inv_freq / formula - 1).abs().max(), 1e-6)
        record["attention_factor"] = float(rotary.attention_scaling)
        records.append(
            {"name": c["name"], "folder": c["folder"], "what": c["what"], "set": c["set"], "drop": dropped, **record})
    assert len({c["name"] for c in CASES}) == len(CASES)
    by_name = {record["name"]: record for record in records}
    assert abs(by_name["yarn"]["attention_factor"] - (0.1 * math.log(4) + 1)) < 1e-15
    ratio = (0.1 * 1.5 * math.log(4) + 1) / (0.1 * 0.4 * math.log(4) + 1)
    assert abs(by_name["yarn-mscale"]["attention_factor"] - ratio) < 1e-15
    write(HERE / "cases.json", records)


# --------------------------------------------------------------------------------------- configs.json

SMALL = {
    "model_type": "llama", "vocab_size": 80, "hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 2,
    "num_attention_heads": 2, "num_key_value_heads": 1, "max_position_embeddings": 64, "bos_token_id": 79,
    "eos_token_id": 79,
}


def with_(*names, **more):
    return {**{k: v for k, v in SMALL.items() if k not in names}, **more}


def qwen3(*names, **more):
    base = {**SMALL, "model_type": "qwen3", "head_dim": 8}
    return {**{k: v for k, v in base.items() if k not in names}, **more}


# Each: a configuration, whether transformers runs a model of it, what it makes of some fields, why. `refuse`: what
# transformers runs, but a reader must refuse, because its result is not this family's or is not said. `may`: what it
# does not run, but a reader may take.
CONFIGS = [
    (SMALL, True, {"num_key_value_heads": 1, "head_dim": 8, "rms_norm_eps": 1e-6, "tie_word_embeddings": False},
     "the plain one, for comparison"),
    (with_("num_key_value_heads"), True, {"num_key_value_heads": 2}, "left out: as many as heads"),
    (with_(num_key_value_heads=None), True, {"num_key_value_heads": 2}, "null: as many as heads"),
    (with_("num_key_value_heads", model_type="mistral", num_attention_heads=8), True, {"num_key_value_heads": 8},
     "left out of a mistral: 8"),
    (with_("num_key_value_heads", model_type="qwen2"), False, {"num_key_value_heads": 32},
     "left out of a qwen2: 32, which two heads can't be shared by; its error is one of shapes"),
    (with_(head_dim=None), True, {"head_dim": 8}, "null: hidden_size / num_attention_heads"),
    (qwen3("head_dim"), True, {"head_dim": 128}, "left out of a qwen3: 128, whatever hidden_size is"),
    (with_(head_dim=7), False, {}, "odd: it can't be turned in pairs"),
    (with_(head_dim=0), False, {}, "0"),
    (with_(hidden_size=18, num_attention_heads=4, num_key_value_heads=2), False, {},
     "num_attention_heads does not divide hidden_size"),
    (with_(hidden_size=18, num_attention_heads=4, num_key_value_heads=2, head_dim=8), False, {},
     "the same with head_dim given: the class refuses it, though nothing needs it", "may"),
    (qwen3(hidden_size=18, num_attention_heads=4, num_key_value_heads=2), True, {"head_dim": 8},
     "the same in a qwen3: read"),
    (with_(num_attention_heads=4, num_key_value_heads=3), False, {},
     "num_key_value_heads does not divide num_attention_heads"),
    (with_(num_key_value_heads=0), False, {}, "ZeroDivisionError"),
    (with_(num_key_value_heads=4), False, {}, "more keys than heads"),
    (with_(num_attention_heads=0), False, {}, "ZeroDivisionError"),
    (with_(num_hidden_layers=0), True, {}, "no blocks", "refuse"),
    (with_(vocab_size="80"), False, {}, "a text for a number"),
    (with_(hidden_size=16.0), False, {}, "16.0 is not an integer"),
    (with_("max_position_embeddings"), True, {"max_position_embeddings": 2048}, "left out: 2048"),
    (with_("max_position_embeddings", model_type="mistral"), True, {"max_position_embeddings": 131072},
     "left out of a mistral: 131072"),
    (with_("max_position_embeddings", model_type="qwen2"), True, {"max_position_embeddings": 32768},
     "left out of a qwen2: 32768"),
    (with_("intermediate_size"), True, {"intermediate_size": 11008}, "left out: 11008"),
    (with_("intermediate_size", model_type="mistral"), True, {"intermediate_size": 14336}, "left out of a mistral: 14336"),
    (with_("intermediate_size", model_type="qwen2"), True, {"intermediate_size": 22016}, "left out of a qwen2: 22016"),
    (with_("eos_token_id"), True, {"eos_token_id": 2}, "left out: 2"),
    (with_("eos_token_id", model_type="qwen2"), True, {"eos_token_id": None}, "left out of a qwen2: none"),
    (qwen3("eos_token_id"), True, {"eos_token_id": None}, "left out of a qwen3: none"),
    (with_(eos_token_id=None), True, {"eos_token_id": None}, "null: nothing ends generation"),
    (with_(eos_token_id=[79, 3]), True, {"eos_token_id": [79, 3]}, "a list: generation ends at any of them"),
    (with_(eos_token_id="79"), False, {}, "a text for a number"),
    (with_(rms_norm_eps="1e-5"), False, {}, "a text for a number"),
    (with_(rms_norm_eps=0.0), True, {}, "0: a row of zeros has no norm then", "refuse"),
    (with_(rms_norm_eps=-1.0), True, {}, "below 0: roots of negative numbers", "refuse"),
    (with_(hidden_act="silu "), False, {}, "names are taken as they are written"),
    (with_(hidden_act=None), False, {}, "null for a text"),
    (with_(hidden_act="quick_gelu"), True, {},
     "transformers has it; no model of the family does, and a reader may refuse it by name", "may-refuse"),
    (with_(hidden_act="xielu"), True, {}, "an activation with weights of its own", "refuse"),
    (with_(tie_word_embeddings=True), True, {"tie_word_embeddings": True}, "tied"),
    (with_(tie_word_embeddings=None), False, {}, "null for a truth value", "may"),
    (with_(attention_bias=1), False, {}, "1 for true"),

    # Rotary positions.
    (with_(rope_theta=500), True, {"rope_theta": 500}, "an integer for the base"),
    (with_(rope_theta="500"), False, {}, "a text for the base"),
    (with_(rope_theta=0), True, {}, "0: no frequency is a number", "refuse"),
    (with_(rope_theta=-1.0), True, {}, "below 0: roots of negative numbers", "refuse"),
    (with_(rope_scaling={}), True, {"rope_type": "default"}, "an empty rope_scaling is none"),
    (with_(rope_parameters={}), True, {"rope_type": "default", "rope_theta": 10000.0}, "empty: the default"),
    (with_(rope_parameters=None), True, {"rope_type": "default", "rope_theta": 10000.0}, "null: the default"),
    (with_(rope_scaling={"rope_type": "default"}), True, {"rope_type": "default"}, "the default by name"),
    (with_(rope_scaling={"type": "linear", "rope_type": "default", "factor": 2.0}), True, {"rope_type": "default"},
     "rope_type counts, not type"),
    (with_(rope_scaling={"rope_type": "linear"}), False, {}, "no factor: KeyError"),
    (with_(rope_scaling={"rope_type": "linear", "factor": "2"}), False, {}, "a text for the factor"),
    (with_(rope_scaling={"rope_type": "linear", "factor": 0.0}), True, {}, "factor 0: infinite frequencies", "refuse"),
    (with_(rope_scaling={"rope_type": "linear", "factor": 0.5}), True, {"rope_type": "linear"},
     "a factor below 1: a warning, and the frequencies grow"),
    (with_(rope_scaling={"rope_type": "linear", "factor": 2.0, "partial_rotary_factor": 0.5}), False, {},
     "half of a head turned: the shapes don't fit"),
    (with_(rope_scaling={"rope_type": "linear", "factor": 2.0}, partial_rotary_factor=0.5), False, {},
     "the same beside it"),
    (with_(partial_rotary_factor=0.5), True, {"rope_type": "default"},
     "half of a head turned, with the default type: Llama does not look at it"),
    (with_(rope_scaling={"rope_type": "llama3", "factor": 8.0}), False, {}, "llama3 without its limits: KeyError"),
    (with_(rope_parameters={**LLAMA3, "low_freq_factor": 4.0, "high_freq_factor": 4.0, "rope_theta": 1e4}), True, {},
     "equal limits: divided by 0 between them; transformers warns", "refuse"),
    (with_(rope_parameters={**LLAMA3, "rope_theta": 1e4, "original_max_position_embeddings": 0}), True, {},
     "an original context of 0", "refuse"),
    (with_(rope_scaling={"rope_type": "yarn", "original_max_position_embeddings": 16}), False, {},
     "yarn without factor: KeyError", "may"),
    (with_(rope_scaling={**YARN, "original_max_position_embeddings": 0}), False, {}, "ZeroDivisionError"),
    (with_(rope_scaling={"rope_type": "dynamic"}), False, {}, "dynamic without factor: KeyError"),
    (with_(rope_scaling={"rope_type": "longrope", "short_factor": [1.0] * 4, "long_factor": [2.0] * 4, "factor": 2.0,
                         "original_max_position_embeddings": 32}), True, {"rope_type": "longrope"},
     "longrope: other frequencies beyond the original context", "refuse"),
    (with_(rope_scaling={"rope_type": "proportional", "partial_rotary_factor": 0.5}), True,
     {"rope_type": "proportional"}, "proportional: some dimensions are not turned", "refuse"),
    (with_(rope_scaling={"rope_type": "su", "factor": 2.0}), False, {}, "no such type: KeyError"),
    (with_(rope_scaling={"rope_type": "mrope", "mrope_section": [1, 1, 2]}), False, {}, "no such type: KeyError"),
    (with_(rope_scaling={"rope_type": 3}), False, {}, "a number for the type"),
    (with_(rope_scaling="linear"), False, {}, "a text for the parameters"),
    (qwen3(rope_parameters={"full_attention": {"rope_type": "default", "rope_theta": 1e4}}), False, {},
     "parameters for each kind of block, as gemma3 has them"),

    # Windows.
    (with_(model_type="mistral", sliding_window=0), True, {}, "no token sees any: rows of equal scores", "refuse"),
    (with_(model_type="mistral", sliding_window="4"), False, {}, "a text for a number"),
    (with_(model_type="mistral", sliding_window=4, layer_types=["full_attention", "sliding_attention"], head_dim=8,
           rope_parameters={"rope_type": "default", "rope_theta": 1e4}), True, {},
     "layer_types in a mistral: taken for a ministral, whose blocks are of those types", "refuse"),
    (with_(model_type="qwen2", layer_types=["sliding_attention", "full_attention"]), False, {},
     "a block that slides, and use_sliding_window false: ValueError"),
    (with_(model_type="qwen2", use_sliding_window=True, sliding_window=None,
           layer_types=["sliding_attention", "full_attention"]), False, {}, "the same with sliding_window null"),
    (with_(model_type="qwen2", use_sliding_window=True, sliding_window=None, max_window_layers=0), True, {},
     "use_sliding_window and sliding_window null: none slides"),
    (with_(model_type="qwen2", layer_types=["full_attention"]), False, {}, "one type for two blocks"),
    (with_(model_type="qwen2", layer_types=["full_attention", "linear_attention"]), False, {},
     "a type that the network does not have"),
    (with_(model_type="qwen2", layer_types=["full_attention", "chunked_attention"]), False, {},
     "a type that the network does not have"),

    # What the weights are, and how they are run.
    (with_(quantization_config=None), True, {}, "null is none"),
    (with_(quantization_config={}), True, {},
     "the configuration is read; from_pretrained raises ValueError (no quant_method); a plain reader may read it"),
    *[(with_(quantization_config={"quant_method": method, **more}), True, {},
       f"{method}: from_pretrained wants its quantiser", "refuse")
      for method, more in [
          ("awq", {"bits": 4, "group_size": 128, "zero_point": True}), ("gptq", {"bits": 4, "group_size": 128}),
          ("fp8", {"activation_scheme": "dynamic", "weight_block_size": [128, 128]}),
          ("compressed-tensors", {"format": "float-quantized"}), ("bitsandbytes", {"load_in_4bit": True}),
          ("mxfp4", {}), ("hqq", {}), ("aqlm", {})]],
    (with_(torch_dtype="float16"), True, {}, "the old name of dtype"),
    (with_(attention_dropout=0.5), True, {}, "nothing after training"),
    (with_(pretraining_tp=2), True, {}, "earlier versions cut the products in two; 5.24 does not look at it"),
    (with_(is_causal=False), True, {}, "tokens see later ones", "refuse"),
    (with_(architectures=["LlamaForSequenceClassification"]), True, {},
     "LlamaForCausalLM reads it; its head is one of chance", "either"),
    (with_(architectures=["LlamaForCausalLM"], auto_map={"AutoModelForCausalLM": "modeling_x.X"}), True, {},
     "code of its own beside it, which is run only where it is trusted", "either"),

    # Other families, whose tensors have the same names.
    (with_(model_type="smollm3", pad_token_id=0), True, {}, "no rotation in every fourth block", "refuse"),
    (with_(model_type="gemma", head_dim=8), True, {}, "scaled embeddings, norms × (1 + w)", "refuse"),
    (with_(model_type="gemma2", head_dim=8), True, {}, "soft caps, norms before and after", "refuse"),
    (with_(model_type="gemma3_text", head_dim=8), True, {}, "two bases, norms of q and k", "refuse"),
    (with_(model_type="phi3", pad_token_id=0), True, {}, "q, k and v in one tensor", "refuse"),
    (with_(model_type="olmo2"), True, {}, "norms after", "refuse"),
    (with_(model_type="granite"), True, {}, "scaled embeddings, residuals and logits", "refuse"),
    (with_(model_type="ministral", head_dim=8, rope_parameters={"rope_type": "default", "rope_theta": 1e4}), True, {},
     "windows in some blocks", "refuse"),
    (with_(model_type="mixtral", num_local_experts=2), True, {}, "experts", "refuse"),
    (with_(model_type="qwen2_moe", num_experts=4), True, {}, "experts", "refuse"),
    (with_(model_type="Llama"), False, {}, "names are taken as they are written"),
    (with_("model_type"), False, {}, "no model_type"),
]


def runs(config):
    """Whether transformers makes a model of it and reads a text, and its configuration."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "config.json").write_text(json.dumps(config))
        made = None
        try:
            made = AutoConfig.from_pretrained(folder)
            made.use_cache = False
            model = AutoModelForCausalLM.from_config(made, attn_implementation="eager").eval()
            with torch.no_grad():
                logits = model(torch.tensor([IDS])).logits
            assert logits.shape == (1, len(IDS), 80)
            return True, made
        except Exception:
            return False, made


def configs():
    records = []
    for config, reads, becomes, why, *reader in CONFIGS:
        found, made = runs(config)
        assert found == reads, (why, found)
        for field, value in becomes.items():
            at = made.rope_parameters if field.startswith("rope_") and field != "rope_parameters" else vars(made)
            assert at[field] == value, (why, field, at[field])
        record = {"why": why, "reads": reads}
        if reader:
            record["reader"] = reader[0]
        if becomes and reads:
            record["becomes"] = becomes
        records.append({**record, "config": config})
    write(HERE / "configs.json", records)


# ------------------------------------------------------------------------------------------ tokenizers

TEXT = "The  race to Mars: 2024 planets\n\n\u00e9t\u00e9 e\u0301 \U0001f600 don't\tx \u4eba"


def spans_of(tokenizer, ids, offsets):
    """transformers' offsets in bytes of UTF-8."""
    byte = lambda i: len(TEXT[:i].encode())
    return [[byte(a), byte(b)] for a, b in offsets]


def sentencepiece(metaspace):
    """Llama 2's kind: pieces with ▁ for a space, and a token for each byte. `metaspace`: the newer way to say so."""
    pieces = Tokenizer(models.BPE())
    pieces.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first", split=True)
    trainer = trainers.BpeTrainer(vocab_size=90, special_tokens=[], show_progress=False)
    pieces.train_from_iterator(SENTENCES, trainer)
    model = json.loads(pieces.to_str())["model"]
    special = ["<unk>", "<s>", "</s>", *(f"<0x{b:02X}>" for b in range(256))]
    learned = sorted(model["vocab"], key=model["vocab"].get)
    vocab = {token: id_ for id_, token in enumerate([*special, *learned])}
    merges = [tuple(m) if isinstance(m, list) else tuple(m.split(" ")) for m in model["merges"]]
    bpe = Tokenizer(models.BPE(vocab=vocab, merges=merges, unk_token="<unk>", byte_fallback=True, fuse_unk=True))
    if metaspace:
        bpe.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first", split=False)
    else:
        bpe.normalizer = normalizers.Sequence([normalizers.Prepend("\u2581"), normalizers.Replace(" ", "\u2581")])
    bpe.decoder = decoders.Sequence([
        decoders.Replace("\u2581", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    bpe.post_processor = processors.TemplateProcessing(single="<s> $A", pair="<s> $A <s> $B", special_tokens=[("<s>", 1)])
    bpe.add_special_tokens([AddedToken(t, special=True, normalized=False) for t in special[:3]])
    return bpe


LLAMA3_SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"
    r"|\s+(?!\S)|\s+")
QWEN_SPLIT = LLAMA3_SPLIT.replace(r"\p{N}{1,3}", r"\p{N}")


def digits_first(trained):
    bpe = byte_level(trained, END)
    bpe.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Digits(individual_digits=True),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)])
    return bpe


def tokenizer_folders():
    """Whole folders: a tokenizer of each family before a network of one block."""
    bytes_ = train(320, pre_tokenizers.ByteLevel.alphabet(), END)
    split = lambda pattern: pre_tokenizers.Split(Regex(pattern), behavior="isolated", invert=False)
    begin = processors.Sequence([
        processors.ByteLevel(trim_offsets=False),
        processors.TemplateProcessing(
            single=f"{END} $A", pair=f"{END} $A {END} $B", special_tokens=[(END, 319)])])
    for name, kind, what, tokenizer, end, bos in [
        ("tokenizer-llama3", "llama", "Llama 3's: a split pattern, bytes, its first token by template",
         byte_level(bytes_, END, before=split(LLAMA3_SPLIT), post=begin), END, END),
        ("tokenizer-smollm", "llama", "SmolLM's: digits one by one, then GPT-2's pattern",
         digits_first(bytes_), END, None),
        ("tokenizer-llama2", "llama", "Llama 2's: Prepend and Replace, byte fallback", sentencepiece(False), "</s>", "<s>"),
        ("tokenizer-mistral", "mistral", "Mistral's newer files: Metaspace, byte fallback", sentencepiece(True), "</s>", "<s>"),
        ("tokenizer-qwen", "qwen2", "Qwen's: NFC, a split pattern with single digits, no first token",
         byte_level(bytes_, END, before=split(QWEN_SPLIT), normalizer=normalizers.NFC()), END, None),
    ]:
        folder = fresh(HERE / name)
        n = tokenizer.get_vocab_size()
        end_id = tokenizer.token_to_id(end)
        model = draw(settings(
            kind, vocab_size=n, num_hidden_layers=1, hidden_size=8, intermediate_size=8, eos_token_id=end_id,
            bos_token_id=end_id), 41)
        model.half().save_pretrained(folder)
        put_tokenizer(folder, tokenizer, end, **({"bos_token": bos} if bos else {}))
        fast = PreTrainedTokenizerFast.from_pretrained(folder)
        encoded = fast(TEXT, return_offsets_mapping=True)
        ids = encoded["input_ids"]
        assert ids == tokenizer.encode(TEXT).ids
        record = {"what": what, "text": TEXT, "ids": ids, "offsets": spans_of(fast, ids, encoded["offset_mapping"])}
        plain = fast(TEXT, add_special_tokens=False)["input_ids"]
        if plain != ids:
            record["ids_without_special"] = plain
        record["decoded"] = fast.decode(plain)
        record["greedy"] = greedy_of(load(folder), ids)
        write(folder / "expected.json", record)


if __name__ == "__main__":
    folders()
    cases()
    configs()
    tokenizer_folders()
    report(HERE)
