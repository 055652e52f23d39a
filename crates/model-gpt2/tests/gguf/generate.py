"""Small GPT-2 models in GGUF files, and what transformers' GGUF reader makes of them.

    OMP_NUM_THREADS=1 HF_HUB_OFFLINE=1 python3 generate.py OUT

needs accelerate 1.15.0, gguf 0.19.0, numpy 2.4.6, tokenizers 0.23.3, torch 2.13.0 and transformers 5.24.0, and the folder ../variants for
its tokenizer. OUT/tied.gguf has a tensor of nearly every type that is read, and no head of its own; OUT/head.gguf has
one, in F16. K-quants, which gguf can't write, are random bytes with small scales. OUT/expected.json holds, of each, the
logits of the model that transformers reads, computed in float64 at the last three positions of a text, eight greedy tokens after
it, and the SHA-256 of the file.
"""

import hashlib
import json
import sys
from pathlib import Path

import gguf
import numpy as np
import torch
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType as Type
from tokenizers import Tokenizer
from transformers import GPT2Config, GPT2LMHeadModel

HERE = Path(__file__).resolve().parent
TOKENIZER = json.loads((HERE / "../variants/float32/tokenizer.json").read_text())
TEXT = "The race to Mars involves nations."
END = "<|endoftext|>"
HIDDEN, INNER, BLOCKS, HEADS, CONTEXT = 64, 256, 2, 4, 48


def stored(random: np.random.Generator, rows: int, columns: int, kind: Type, spread: float) -> np.ndarray:
    numbers = (spread * random.standard_normal((rows, columns))).astype(np.float32)
    if kind == Type.F32:
        return numbers
    if kind == Type.F16:
        return numbers.astype(np.float16)
    if not kind.name.endswith("_K"):
        return gguf.quantize(numbers, kind)
    block, size = GGML_QUANT_SIZES[kind]
    blocks = random.integers(0, 256, (rows, columns // block, size), np.uint8)
    scales = {Type.Q2_K: [80, 82], Type.Q3_K: [108], Type.Q4_K: [0, 2], Type.Q5_K: [0, 2], Type.Q6_K: [208]}
    for at in scales[kind]:
        scale = (spread / 600 * random.uniform(0.5, 1, blocks.shape[:2])).astype(np.float16)
        blocks[:, :, at : at + 2] = scale[..., None].view(np.uint8)
    return blocks.reshape(rows, -1)


def write(path: Path, seed: int, types: dict[str, list[str]], head: str | None) -> None:
    random = np.random.default_rng(seed)
    writer = gguf.GGUFWriter(path, "gpt2")
    writer.add_type("model")
    writer.add_name("small")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(HIDDEN)
    writer.add_feed_forward_length(INNER)
    writer.add_block_count(BLOCKS)
    writer.add_head_count(HEADS)
    writer.add_layer_norm_eps(1e-5)
    vocabulary = TOKENIZER["model"]["vocab"]
    tokens = sorted(vocabulary, key=vocabulary.get)
    ends = [added["id"] for added in TOKENIZER["added_tokens"]]
    assert [vocabulary[token] for token in tokens] == list(range(len(tokens))) and tokens[ends[0]] == END
    merges = [merge if isinstance(merge, str) else " ".join(merge) for merge in TOKENIZER["model"]["merges"]]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokens)
    writer.add_token_types([gguf.TokenType.CONTROL if i in ends else gguf.TokenType.NORMAL for i in range(len(tokens))])
    writer.add_token_merges(merges)
    writer.add_bos_token_id(ends[0])
    writer.add_eos_token_id(ends[0])

    def add(name: str, rows: int, columns: int, kind: str, spread: float) -> None:
        kind = Type[kind]
        writer.add_tensor(name, stored(random, rows, columns, kind, spread), raw_dtype=kind)

    def vector(name: str, n: int, around: float) -> None:
        writer.add_tensor(name, (around + 0.1 * random.standard_normal(n)).astype(np.float32))

    add("token_embd.weight", len(tokens), HIDDEN, types["token_embd"][0], 0.3)
    add("position_embd.weight", CONTEXT, HIDDEN, "F32", 0.2)
    for i in range(BLOCKS):
        for norm in ["attn_norm", "ffn_norm"]:
            vector(f"blk.{i}.{norm}.weight", HIDDEN, 1)
            vector(f"blk.{i}.{norm}.bias", HIDDEN, 0)
        shapes = {
            "attn_qkv": (3 * HIDDEN, HIDDEN),
            "attn_output": (HIDDEN, HIDDEN),
            "ffn_up": (INNER, HIDDEN),
            "ffn_down": (HIDDEN, INNER),
        }
        for name, (rows, columns) in shapes.items():
            add(f"blk.{i}.{name}.weight", rows, columns, types[name][i], 0.25)
            vector(f"blk.{i}.{name}.bias", rows, 0)
    vector("output_norm.weight", HIDDEN, 1)
    vector("output_norm.bias", HIDDEN, 0)
    if head:
        add("output.weight", len(tokens), HIDDEN, head, 0.3)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def answers(path: Path, tied: bool) -> dict:
    # transformers does not read the context from the file.
    vocabulary = TOKENIZER["model"]["vocab"]
    config = GPT2Config(
        vocab_size=len(vocabulary),
        n_positions=CONTEXT,
        n_embd=HIDDEN,
        n_layer=BLOCKS,
        n_head=HEADS,
        # A float32 in the file.
        layer_norm_epsilon=float(np.float32(1e-5)),
        bos_token_id=vocabulary[END],
        eos_token_id=vocabulary[END],
        tie_word_embeddings=tied,
    )
    model, info = GPT2LMHeadModel.from_pretrained(
        path.parent, gguf_file=path.name, config=config, output_loading_info=True, dtype=torch.float32
    )
    assert not info["missing_keys"] and not info["unexpected_keys"] and not info["mismatched_keys"], info
    model = model.double().eval()
    assert (model.lm_head.weight.data_ptr() == model.transformer.wte.weight.data_ptr()) == tied
    ids = Tokenizer.from_str(json.dumps(TOKENIZER)).encode(TEXT, add_special_tokens=False).ids
    inputs = torch.tensor([ids])
    with torch.no_grad():
        logits = model(inputs).logits[0]
        everything = torch.ones_like(inputs)
        greedy = model.generate(inputs, attention_mask=everything, max_new_tokens=8, do_sample=False, pad_token_id=0)
        greedy = greedy[0, len(ids) :]
    spread = (logits.max(-1).values - logits.median(-1).values).min()
    assert logits.abs().max() < 1000 and spread > 1, (logits.abs().max(), spread)
    return {
        "text": TEXT,
        "ids": ids,
        "greedy": greedy.tolist(),
        "positions": list(range(len(ids) - 3, len(ids))),
        "logits": [[float(f"{x:.12g}") for x in row] for row in logits[-3:].tolist()],
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
    }


def main(out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    tied = {
        "token_embd": ["Q8_0"],
        "attn_qkv": ["Q5_1", "Q4_0"],
        "attn_output": ["Q4_1", "Q5_0"],
        "ffn_up": ["BF16", "F32"],
        "ffn_down": ["Q4_K", "Q6_K"],
    }
    head = {
        "token_embd": ["F16"],
        "attn_qkv": ["F16", "F16"],
        "attn_output": ["F32", "F16"],
        "ffn_up": ["Q8_0", "Q8_0"],
        "ffn_down": ["Q3_K", "Q5_K"],
    }
    expected = {}
    write(out / "tied.gguf", 1, tied, None)
    expected["tied"] = answers(out / "tied.gguf", True)
    write(out / "head.gguf", 2, head, "F16")
    expected["head"] = answers(out / "head.gguf", False)
    lines = ",\n".join(f" {json.dumps(name)}: {json.dumps(value)}" for name, value in expected.items())
    (out / "expected.json").write_text("{\n" + lines + "\n}\n")


main(Path(sys.argv[1]))
