"""Small checkpoints of T5's family in every form, and transformers' own answers on them.

Nothing here knows the Rust code. See README.md for the folders.

    OMP_NUM_THREADS=1 python generate.py     # everything, beside this file; it stops if a self-check fails
"""

import base64
import contextlib
import io
import json
import os
import shutil
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"
HERE = Path(__file__).resolve().parent

import sentencepiece
import torch
import transformers
from safetensors.torch import load_file, save_file
from sentencepiece import sentencepiece_model_pb2
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import (
    AutoModelForSeq2SeqLM,
    AutoTokenizer,
    ByT5Tokenizer,
    MT5Config,
    MT5ForConditionalGeneration,
    T5Config,
    T5ForConditionalGeneration,
    UMT5Config,
    UMT5ForConditionalGeneration,
)

torch.set_num_threads(1)
transformers.logging.set_verbosity_error()
transformers.utils.logging.disable_progress_bar()

SENTENCES = [
    "The race to Mars involves competition between manufacturers and nations.",
    "Boeing has stated that one of its rockets will lead to the red planet.",
    "summarize: The nations that race to the planet state that competition leads nations.",
    "question: Who has stated that? context: Boeing has stated that.",
]
# Two spaces, a new line, a composed and a decomposed letter, a ligature, dots that become three, and a letter that no
# vocabulary here has.
TEXT = "question: Who  races\nto Mars? context: Caf\u00e9 and cafe\u0301 \ufb01rst\u2026 \u732b state that."
CHECKS = {}


def below(name, value, limit):
    CHECKS[name] = max(float(value), CHECKS.get(name, 0.0))
    assert value <= limit, f"{name}: {value} > {limit}"


def digits(values, count=12):
    if isinstance(values, torch.Tensor):
        values = values.tolist()
    return [digits(v, count) if isinstance(v, list) else float(f"{v:.{count}g}") for v in values]


@contextlib.contextmanager
def exact():
    """float64 all the way: transformers computes norms and softmax in float32 whatever the model's dtype. The buckets
    of distances are made of int64 numbers, and stay in float32."""
    to, single, softmax = torch.Tensor.to, torch.Tensor.float, torch.nn.functional.softmax
    wide = lambda x: torch.float64 if x is torch.float32 else x

    def keeping(self, *args, **named):
        if self.dtype == torch.float64:
            args, named = [wide(x) for x in args], {name: wide(x) for name, x in named.items()}
        return to(self, *args, **named)

    def soft(x, dim=None, _stacklevel=3, dtype=None):
        return softmax(x, dim=dim, dtype=torch.float64 if x.dtype == torch.float64 else dtype)

    def float_(self):
        return self if self.dtype == torch.float64 else single(self)

    torch.Tensor.to, torch.Tensor.float, torch.nn.functional.softmax = keeping, float_, soft
    try:
        yield
    finally:
        torch.Tensor.to, torch.Tensor.float, torch.nn.functional.softmax = to, single, softmax


@torch.no_grad()
def logits_of(model, source, target):
    with exact():
        out = model(input_ids=torch.tensor([source]), decoder_input_ids=torch.tensor([target]), use_cache=False)
    assert out.logits.dtype == torch.float64
    return out.logits[0]


@torch.no_grad()
def greedy_of(model, source, tokens=8):
    def run(cache):
        with exact():
            out = model.generate(
                torch.tensor([source]), max_new_tokens=tokens, do_sample=False, num_beams=1, use_cache=cache)
        return out[0].tolist()

    out = run(False)
    # transformers 5.24 gives the decoder a cache of as many layers as the encoder has.
    if model.config.num_decoder_layers <= model.config.num_layers:
        assert out == run(True), (out, run(True))
    for t in range(1, len(out)):
        top = logits_of(model, source, out[:t])[-1].topk(2).values
        assert top[0] - top[1] > 1e-3, (out, t, top)
    return out[1:]


def unigram():
    """A tokenizer as SentencePiece trains it for T5, with its own normaliser, and as transformers stores it."""
    written = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(SENTENCES * 4), model_writer=written, vocab_size=56, model_type="unigram", pad_id=0,
        eos_id=1, unk_id=2, bos_id=-1, character_coverage=1.0, num_threads=1, minloglevel=2,
        normalization_rule_name="nmt_nfkc")
    model = sentencepiece_model_pb2.ModelProto.FromString(written.getvalue())
    vocabulary = [(piece.piece, piece.score) for piece in model.pieces]
    tokenizer = transformers.T5Tokenizer(
        vocab=vocabulary, extra_ids=4, _spm_precompiled_charsmap=model.normalizer_spec.precompiled_charsmap)
    peer = sentencepiece.SentencePieceProcessor(model_proto=written.getvalue())
    for text in SENTENCES + [TEXT]:
        assert tokenizer(text)["input_ids"] == peer.encode(text) + [1], text
    return tokenizer


def byte_level():
    """CodeT5's: byte-level BPE with RoBERTa's tokens around a text."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    trainer = trainers.BpeTrainer(
        vocab_size=300, special_tokens=special, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False)
    tokenizer.train_from_iterator(SENTENCES, trainer)
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), add_prefix_space=False)
    return tokenizer


SHAPE = dict(
    vocab_size=64, d_model=24, d_kv=8, d_ff=32, num_layers=2, num_decoder_layers=3, num_heads=2,
    relative_attention_num_buckets=8, relative_attention_max_distance=20, decoder_start_token_id=0)


def seeded(model_class, config_class, seed, **changes):
    torch.manual_seed(seed)
    model = model_class(config_class(**{**SHAPE, **changes}))
    with torch.no_grad():
        for name, tensor in model.named_parameters():
            # Norms that are not 1, biases by distance that matter, and logits apart.
            if "layer_norm" in name:
                tensor.copy_(0.6 + torch.rand_like(tensor))
            elif "relative_attention_bias" in name:
                tensor.copy_(torch.randn_like(tensor))
            else:
                tensor.mul_(4.0 if tensor.std() < 0.2 else 0.5)
    return model.eval()


def untied(model, seed):
    torch.manual_seed(seed)
    # Which transformers 5 stores in a field of its own; 4 had one for both.
    model.config.tie_word_embeddings = False
    model.config.scale_decoder_outputs = False
    model.lm_head.weight = torch.nn.Parameter(torch.randn_like(model.shared.weight) * 0.3)
    return model


def config_of(folder):
    return json.loads((folder / "config.json").read_text())


def write_config(folder, config):
    (folder / "config.json").write_text(json.dumps(config, indent=1) + "\n")


def save(name, model, tokenizer, dtype=torch.float32):
    folder = HERE / name
    shutil.rmtree(folder, ignore_errors=True)
    model.to(dtype).save_pretrained(folder)
    if isinstance(tokenizer, Tokenizer):
        tokenizer.save(str(folder / "tokenizer.json"))
    elif tokenizer is not None:
        tokenizer.save_pretrained(folder)
    return folder


def answer(folder, what, text=TEXT, forced=6, model=None, tokenizer=None):
    """expected.json: ids of a text, logits of a forced target at its last positions, greedy tokens."""
    model = model or AutoModelForSeq2SeqLM.from_pretrained(folder, attn_implementation="eager", dtype=torch.float64).eval()
    record = {"what": what}
    if tokenizer is not None:
        encoded = tokenizer(text) if not isinstance(tokenizer, Tokenizer) else None
        source = encoded["input_ids"] if encoded else tokenizer.encode(text).ids
        record |= {"text": text, "ids": source}
        if isinstance(tokenizer, Tokenizer) or getattr(tokenizer, "is_fast", False):
            raw = tokenizer if isinstance(tokenizer, Tokenizer) else tokenizer.backend_tokenizer
            # The Python binding counts characters.
            places = [0]
            for character in text:
                places.append(places[-1] + len(character.encode()))
            record["offsets"] = [[places[a], places[b]] for a, b in raw.encode(text).offsets]
    else:
        source = [5, 17, 40, 9, 33, 21, 50, 8, 1]
        record["ids"] = source
    start = model.config.decoder_start_token_id
    torch.manual_seed(3)
    target = [start] + torch.randint(3, min(model.config.vocab_size, 300), (forced,)).tolist()
    logits = logits_of(model, source, target)
    record |= {"target": target, "positions": list(range(len(target) - 3, len(target))), "logits": digits(logits[-3:])}
    with torch.no_grad():
        shipped = model(input_ids=torch.tensor([source]), decoder_input_ids=torch.tensor([target])).logits[0]
    below("logits: as shipped against float64 throughout", (shipped - logits).abs().max(), 1e-3)
    record["greedy"] = greedy_of(model, source)
    (folder / "expected.json").write_text(json.dumps(record) + "\n")


def main():
    pieces, letters = unigram(), byte_level()
    T5, MT5, UMT5 = T5ForConditionalGeneration, MT5ForConditionalGeneration, UMT5ForConditionalGeneration

    folder = save("t5", seeded(T5, T5Config, 1), pieces)
    answer(folder, "T5 1.0: ReLU, tied head, its scale", tokenizer=pieces)
    # Distances beyond the last bucket, for both stacks.
    long = HERE / "t5-long"
    shutil.rmtree(long, ignore_errors=True)
    model = seeded(T5, T5Config, 2, relative_attention_num_buckets=32, relative_attention_max_distance=128)
    folder = save("t5-long", model, pieces)
    answer(folder, "120 tokens on either side", " ".join(SENTENCES)[:340], forced=120, tokenizer=pieces)
    folder = save("t5-v1.1", untied(seeded(T5, T5Config, 3, feed_forward_proj="gated-gelu"), 4), pieces)
    answer(folder, "T5 1.1 and FLAN-T5: gated, an own head, as transformers 5 stores it")
    # As transformers 4 stores it: no scale_decoder_outputs, and aliases of the embeddings.
    config = config_of(folder)
    old = HERE / "t5-v1.1-old"
    shutil.rmtree(old, ignore_errors=True)
    shutil.copytree(folder, old)
    (old / "expected.json").unlink()
    tensors = load_file(folder / "model.safetensors")
    for alias in ["encoder.embed_tokens.weight", "decoder.embed_tokens.weight"]:
        tensors[alias] = tensors["shared.weight"].clone()
    stray = "decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight"
    tensors[stray] = torch.ones_like(tensors["decoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight"])
    save_file(tensors, old / "model.safetensors", metadata={"format": "pt"})
    for field in ["scale_decoder_outputs", "dense_act_fn", "is_gated_act", "relative_attention_max_distance"]:
        config.pop(field, None)
    config["tie_word_embeddings"] = False
    config["relative_attention_max_distance"] = SHAPE["relative_attention_max_distance"]
    write_config(old, config)
    shutil.copy(folder / "expected.json", old / "expected.json")
    expected = json.loads((old / "expected.json").read_text())
    expected["what"] = "the same as transformers 4 stores it, with what old files have besides"
    (old / "expected.json").write_text(json.dumps(expected) + "\n")

    folder = save("mt5", untied(seeded(MT5, MT5Config, 5, feed_forward_proj="gated-gelu"), 6), None)
    answer(folder, "mT5: no scale before the head")
    folder = save("umt5", untied(seeded(UMT5, UMT5Config, 7, feed_forward_proj="gated-gelu"), 8), None)
    answer(folder, "umT5: a bias by distance in every block")
    bytes_ = ByT5Tokenizer()
    model = seeded(T5, T5Config, 17, vocab_size=384, num_layers=3, num_decoder_layers=2, feed_forward_proj="gated-gelu")
    model = untied(model, 12)
    folder = save("byt5", model, bytes_)
    assert not (folder / "tokenizer.json").exists()
    answer(folder, "byT5: no tokenizer.json, bytes + 3", "To Mars: caf\u00e9 \u732b</s> state", tokenizer=bytes_)
    model = seeded(T5, T5Config, 37, vocab_size=304, pad_token_id=1, eos_token_id=2, decoder_start_token_id=1)
    folder = save("codet5", model, letters)
    answer(folder, "CodeT5: byte-level BPE, <s> before a text and </s> after it", tokenizer=letters)
    folder = save("float16", seeded(T5, T5Config, 11), None, torch.float16)
    answer(folder, "float16 weights, computed in more")
    # The table of SentencePiece's normaliser is large: one folder has it.
    light = json.loads((HERE / "t5" / "tokenizer.json").read_text())
    light["normalizer"] = None
    for name in ["mt5", "umt5", "float16", "t5-v1.1", "t5-v1.1-old", "t5-long"]:
        (HERE / name / "tokenizer.json").write_text(json.dumps(light, ensure_ascii=False) + "\n")
        (HERE / name / "tokenizer_config.json").unlink(missing_ok=True)

    # The configuration's fields that count, one at a time.
    cases = []
    for name, change, drop in [
        ("scale_decoder_outputs false", {"scale_decoder_outputs": False}, []),
        ("tied, which scales", {"tie_word_embeddings": True}, ["scale_decoder_outputs"]),
        ("layer_norm_epsilon", {"layer_norm_epsilon": 0.5}, []),
        ("max_distance", {"relative_attention_max_distance": 9}, []),
        ("gated-silu", {"feed_forward_proj": "gated-silu"}, ["dense_act_fn", "is_gated_act"]),
        ("decoder_start_token_id", {"decoder_start_token_id": 7}, []),
    ]:
        base = "t5-v1.1" if "gated" in name else "t5"
        config = {**config_of(HERE / base), **change}
        for field in drop:
            config.pop(field, None)
        source, target = [5, 17, 40, 9, 1], [config["decoder_start_token_id"], 12, 33]
        raw = T5Config.from_dict(config)
        model = T5.from_pretrained(HERE / base, config=raw, attn_implementation="eager", dtype=torch.float64).eval()
        logits = logits_of(model, source, target)
        cases.append({"name": name, "folder": base, "set": change, "drop": drop, "ids": source, "target": target,
                      "positions": [1, 2], "logits": digits(logits[-2:])})
    (HERE / "cases.json").write_text(json.dumps(cases) + "\n")
    for path in sorted(HERE.rglob("*")):
        if path.name in ["special_tokens_map.json", "spiece.model"]:
            path.unlink()
    for name, value in sorted(CHECKS.items()):
        print(f"{name}: {value:.3g}")


if __name__ == "__main__":
    main()
