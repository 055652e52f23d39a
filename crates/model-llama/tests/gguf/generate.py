"""Small models of Llama's family in GGUF files, and what transformers' GGUF reader makes of them.

Nothing here knows the Rust code. See README.md.

    OMP_NUM_THREADS=1 python generate.py     # everything, beside this file; it stops if a self-check fails
"""

import hashlib
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(HERE.parent))

import gguf
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType as Type
from peer import *
from safetensors.torch import save_file
from transformers import LlamaConfig, Qwen2Config, Qwen3Config

END = "<|endoftext|>"
BYTES = train(300, pre_tokenizers.ByteLevel.alphabet(), END)
TEXT = "The race to Mars in 2024 involves nations."
# Blocks of 32 numbers divide every row, those of 256 the rows of down_proj.
SHAPE = dict(
    vocab_size=300, hidden_size=32, intermediate_size=256, num_hidden_layers=2, num_attention_heads=4,
    num_key_value_heads=2, max_position_embeddings=64, bos_token_id=299, eos_token_id=299,
    # A float32 in the file.
    rms_norm_eps=float(np.float32(1e-5)))
LLAMA3 = {
    "rope_type": "llama3", "rope_theta": 100.0, "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
    "original_max_position_embeddings": 32}
YARN = {"rope_type": "yarn", "rope_theta": 10000.0, "factor": 4.0, "original_max_position_embeddings": 16}
LINEAR = {"rope_type": "linear", "rope_theta": 10000.0, "factor": 2.5}

NAMES = {
    "model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output",
    "input_layernorm": "attn_norm", "post_attention_layernorm": "ffn_norm", "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output",
    "self_attn.q_norm": "attn_q_norm", "self_attn.k_norm": "attn_k_norm", "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down",
}


def named(hf):
    """llama.cpp's name of a tensor."""
    name, kind = hf.rsplit(".", 1)
    if name.startswith("model.layers."):
        _, _, block, part = name.split(".", 3)
        return f"blk.{block}.{NAMES[part]}.{kind}"
    return f"{NAMES[name]}.{kind}"


def turned(rows, heads):
    """llama.cpp's order of the rows of q and k (convert_hf_to_gguf.py, LlamaModel.permute)."""
    return rows.reshape(heads, 2, rows.shape[0] // heads // 2, *rows.shape[1:]).swapaxes(1, 2).reshape(rows.shape)


def stored(numbers, kind, random, spread):
    """Numbers in a type. gguf can't write K-quants: they are random bytes with small scales."""
    numbers = np.ascontiguousarray(numbers, dtype=np.float32)
    if kind == Type.F32:
        return numbers
    if kind == Type.F16:
        return numbers.astype(np.float16)
    if not kind.name.endswith("_K"):
        return gguf.quantize(numbers, kind)
    block, size = GGML_QUANT_SIZES[kind]
    rows, columns = numbers.shape
    blocks = random.integers(0, 256, (rows, columns // block, size), np.uint8)
    scales = {Type.Q2_K: [80, 82], Type.Q3_K: [108], Type.Q4_K: [0, 2], Type.Q5_K: [0, 2], Type.Q6_K: [208]}
    for at in scales[kind]:
        scale = (spread * random.uniform(0.5, 1, blocks.shape[:2])).astype(np.float16)
        blocks[:, :, at : at + 2] = scale[..., None].view(np.uint8)
    return blocks.reshape(rows, -1)


def put_tokenizer_into(writer, pre):
    """The tokens of BYTES. What `pre` names is the pre-tokenizer of `tokenizer_of`."""
    vocab, merges = BYTES
    tokens = sorted(vocab, key=vocab.get)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(pre)
    writer.add_token_list(tokens)
    kinds = [gguf.TokenType.CONTROL if token == END else gguf.TokenType.NORMAL for token in tokens]
    writer.add_token_types(kinds)
    writer.add_token_merges([" ".join(merge) for merge in merges])
    writer.add_bos_token_id(vocab[END])
    writer.add_eos_token_id(vocab[END])
    writer.add_add_bos_token(False)


QWEN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")


def tokenizer_of(pre):
    split = lambda pattern: pre_tokenizers.Split(tokenizers.Regex(pattern), behavior="isolated", invert=False)
    if pre == "smollm":
        bpe = byte_level(BYTES, END)
        bpe.pre_tokenizer = pre_tokenizers.Sequence([
            pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)])
        return bpe
    if pre == "qwen2":
        return byte_level(BYTES, END, before=split(QWEN), normalizer=tokenizers.normalizers.NFC())
    return byte_level(BYTES, END, before=split(QWEN.replace(r"\p{N}|", r"\p{N}{1,3}|")))


def write_gguf(path, model, pre, types, seed, scaling=None, factors=None):
    """`types`: by the end of llama.cpp's name; F16 where none is said, F32 for vectors."""
    random = np.random.default_rng(seed)
    c, kind = model.config, model.config.model_type
    writer = gguf.GGUFWriter(path, kind)
    writer.add_type("model")
    writer.add_name("small")
    writer.add_context_length(c.max_position_embeddings)
    writer.add_embedding_length(c.hidden_size)
    writer.add_feed_forward_length(c.intermediate_size)
    writer.add_block_count(c.num_hidden_layers)
    writer.add_head_count(c.num_attention_heads)
    writer.add_head_count_kv(c.num_key_value_heads)
    writer.add_layer_norm_rms_eps(c.rms_norm_eps)
    writer.add_rope_freq_base(c.rope_parameters["rope_theta"])
    width = getattr(c, "head_dim", None) or c.hidden_size // c.num_attention_heads
    if width != c.hidden_size // c.num_attention_heads:
        writer.add_key_length(width)
        writer.add_value_length(width)
    if kind == "llama":
        writer.add_rope_dimension_count(width)
        writer.add_vocab_size(c.vocab_size)
    if scaling == LINEAR:
        writer.add_rope_scaling_type(gguf.RopeScalingType.LINEAR)
        writer.add_rope_scaling_factor(scaling["factor"])
    if scaling == YARN:
        writer.add_rope_scaling_type(gguf.RopeScalingType.YARN)
        writer.add_rope_scaling_factor(scaling["factor"])
        writer.add_rope_scaling_orig_ctx_len(scaling["original_max_position_embeddings"])
    put_tokenizer_into(writer, pre)
    if factors is not None:
        writer.add_tensor("rope_freqs.weight", factors.numpy())
    for name, tensor in model.state_dict().items():
        if name == "lm_head.weight" and c.tie_word_embeddings:
            continue
        numbers, stored_name = tensor.numpy(), named(name)
        for map_, heads in (("q_proj", c.num_attention_heads), ("k_proj", c.num_key_value_heads)):
            if kind == "llama" and f".{map_}." in name:
                numbers = turned(numbers, heads)
        type_ = next((t for end, t in types.items() if f".{stored_name}".endswith(f".{end}")), "F16")
        type_ = Type.F32 if numbers.ndim == 1 else Type[type_]
        # Of a K-quant's numbers: those of about the size that the model was drawn with.
        spread = {"Q2_K": 2e-3, "Q3_K": 2e-4, "Q4_K": 4e-4, "Q5_K": 2e-4, "Q6_K": 1e-4}.get(type_.name, 0)
        writer.add_tensor(stored_name, stored(numbers, type_, random, spread), raw_dtype=type_)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def read_gguf(path, config):
    """transformers' reader. Its configuration is given: it reads no head widths of qwen3, no scaling and no biases of
    llama."""
    model, info = AutoModelForCausalLM.from_pretrained(
        path.parent, gguf_file=path.name, config=config, output_loading_info=True, dtype=torch.float32,
        attn_implementation="eager")
    assert not info["missing_keys"] and not info["mismatched_keys"], info
    assert set(info["unexpected_keys"]) <= {"rope_freqs.weight"}, info
    return model.double().eval()


def answer(path, model, pre, more=None):
    ids = tokenizer_of(pre).encode(TEXT, add_special_tokens=False).ids
    logits = logits_of(model, ids)
    hand_check(model, ids, logits)
    spread = (logits.max(-1).values - logits.median(-1).values).min()
    above("spread of the logits", spread, 1)
    below("logits", logits.abs().max(), 100)
    return {
        "text": TEXT,
        "ids": ids,
        "greedy": greedy_of(model, ids, 8, least=3),
        "positions": list(range(len(ids) - 3, len(ids))),
        "logits": digits(logits[-3:]),
        **(more or {}),
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
    }


MODELS = {
    # One tensor of every type but the K-quants that `head` has.
    "tied": (
        LlamaConfig(**SHAPE, tie_word_embeddings=True), "smollm",
        {"token_embd.weight": "Q8_0", "0.attn_q.weight": "Q4_1", "1.attn_q.weight": "Q5_0", "0.attn_k.weight": "Q4_0",
         "1.attn_k.weight": "Q5_1", "attn_v.weight": "BF16", "attn_output.weight": "Q4_1", "ffn_gate.weight": "F32",
         "ffn_up.weight": "Q8_0", "0.ffn_down.weight": "Q4_K", "1.ffn_down.weight": "Q6_K"}),
    "head": (
        LlamaConfig(**SHAPE, head_dim=12, attention_bias=True, rope_parameters=LINEAR), "llama-bpe",
        {"output.weight": "Q8_0", "0.ffn_down.weight": "Q2_K", "1.ffn_down.weight": "Q3_K"}),
    "qwen2": (
        Qwen2Config(**SHAPE, rope_parameters=YARN, tie_word_embeddings=True), "qwen2",
        {"token_embd.weight": "Q4_1", "attn_q.weight": "Q8_0", "attn_k.weight": "Q8_0", "0.ffn_down.weight": "Q5_K"}),
    "qwen3": (Qwen3Config(**SHAPE, head_dim=16), "qwen2", {"output.weight": "Q5_0", "attn_q.weight": "Q4_0"}),
}


def rope_factors(width):
    """What convert_hf_to_gguf.py writes for rope_type llama3: the divisors of the frequencies."""
    base, original = LLAMA3["rope_theta"], LLAMA3["original_max_position_embeddings"]
    low, high, factor = LLAMA3["low_freq_factor"], LLAMA3["high_freq_factor"], LLAMA3["factor"]
    found = []
    for frequency in 1.0 / (base ** (torch.arange(0, width, 2, dtype=torch.float32) / width)):
        wavelength = 2 * math.pi / frequency
        if wavelength < original / high:
            found.append(1)
        elif wavelength > original / low:
            found.append(factor)
        else:
            smooth = (original / wavelength - low) / (high - low)
            found.append(1 / ((1 - smooth) / factor + smooth))
    return torch.tensor(found, dtype=torch.float32)


def main():
    expected = {}
    for name, (config, pre, types) in MODELS.items():
        path = HERE / f"{name}.gguf"
        model = draw(config, 50, scale=0.7)
        scaling = next((s for s in (LINEAR, YARN) if config.rope_parameters["rope_type"] == s["rope_type"]), None)
        write_gguf(path, model, pre, types, 3, scaling)
        expected[name] = answer(path, read_gguf(path, config), pre)

    # Llama 3's scaling as divisors. transformers' reader leaves them out: the twin in safetensors has its scaling in
    # config.json, and the same numbers.
    path, config = HERE / "rope-freqs.gguf", LlamaConfig(**SHAPE, rope_parameters=LLAMA3)
    model = draw(config, 51, scale=0.7).float()
    with torch.no_grad():
        for weight in model.parameters():
            if weight.ndim > 1:
                weight.copy_(weight.half())
    factors = rope_factors(8)
    assert factors.tolist()[0] == 1 and factors.tolist()[-1] == 8 and 1 < factors.tolist()[1] < 8, factors
    write_gguf(path, model, "llama-bpe", {}, 4, None, factors)
    plain = LlamaConfig(**SHAPE, rope_parameters={"rope_type": "default", "rope_theta": 100.0})
    ids = tokenizer_of("llama-bpe").encode(TEXT, add_special_tokens=False).ids
    read = read_gguf(path, plain)
    assert all(torch.equal(a, b.double()) for a, b in zip(read.parameters(), model.parameters()))
    ignoring = logits_of(read, ids)
    twin = logits_of(model.double(), ids)
    # The divisors are rounded to float32, and the frequencies again: exactly these are the file's.
    read.model.rotary_emb.inv_freq = read.model.rotary_emb.inv_freq.float() / factors
    more = {"twin_logits": digits(twin[-3:]), "off_changes_by": digits([(twin - ignoring)[-3:].abs().max().item()], 3)[0]}
    above("rope_freqs: against a reader that leaves them out", more["off_changes_by"], 0.1)
    below("rope_freqs: against the twin", (logits_of(read, ids) - twin).abs().max(), 1e-4)
    expected["rope-freqs"] = answer(path, read, "llama-bpe", more)

    # What shows in the logits if the rows of q and k are left as llama.cpp turns them.
    for name in ("tied", "head"):
        config, pre, _ = MODELS[name]
        model = read_gguf(HERE / f"{name}.gguf", config)
        with torch.no_grad():
            for part, heads in (("q_proj", config.num_attention_heads), ("k_proj", config.num_key_value_heads)):
                for weight in (w for n, w in model.named_parameters() if f".{part}." in n):
                    weight.copy_(torch.from_numpy(turned(weight.numpy(), heads).copy()))
        off = (logits_of(model, expected[name]["ids"])[-3:] - torch.tensor(expected[name]["logits"])).abs().max()
        above("rows as they are stored", off, 0.1)
        expected[name]["unturned_changes_by"] = digits([off.item()], 3)[0]
    write(HERE / "expected.json", {"versions": versions(gguf_version()), **expected})


class gguf_version:
    """gguf names its version in its package alone."""

    def __new__(cls):
        from importlib.metadata import version
        from types import SimpleNamespace
        return SimpleNamespace(__name__="gguf", __version__=version("gguf"))


if __name__ == "__main__":
    main()
    report(HERE)
