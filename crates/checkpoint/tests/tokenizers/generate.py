"""Small tokenizers of every form that is read, and what the tokenizers and transformers libraries make of texts.

Nothing here knows the Rust code. See README.md for the folders.

    OMP_NUM_THREADS=1 python generate.py     # everything, beside this file; it stops if a self-check fails
"""

import json
import os
import platform
import shutil
import tempfile
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"

import gguf
import tokenizers
import transformers
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import AutoTokenizer
from transformers.tokenization_utils_base import generate_merges

transformers.logging.set_verbosity_error()

HERE = Path(__file__).resolve().parent

# What the vocabularies are trained on: words, numbers, runs of spaces, letters of two, three and four bytes, so that
# some merges join a part of a character with what is beside it.
CORPUS = [
    "The race to Mars involves competition between manufacturers and nations.",
    "Boeing has stated that one of its rockets will lead to the red planet in 2033.",
    "Ça, l'été dernier, n'était pas l'été où l'on s'élève à 12 345 mètres d'été.",
    "Über Österreich äußern sich müde Mäuse, über Öl und über Übermut.",
    "    def go(self):\n        return 42\n\n\n        # the end\n",
    "日本語の文章と日本語の単語。日本は日本です。",
    "火星への競争 🚀🚀 🚀 и ракеты к Марсу, ракета и ещё ракета",
    "don't we'll they're I'd IT'S you've i'm",
] * 3

# What is tokenised. Escapes, so that no editor composes an accent.
TEXTS = [
    "The race to Mars",
    " The race",
    "  two  spaces   and\ttab ",
    "\n\nnew\r\nlines\n",
    " ",
    "   ",
    "caf\u00e9 \u00e9t\u00e9",
    "cafe\u0301 e\u0301te\u0301",
    "e\u0301e\u0301e\u0301 o\u0308u\u0308",
    "\u0301 begins with a mark",
    "q\u0303\u0323 and \u1e69 and s\u0323\u0307",
    "\u1112\u1161\u11ab\u1100\u1173\u11af \ud55c\uae00",
    "\ufb01ne o\ufb03ce \u2460 \u00bd \u2126 \u212b",
    "\uff21\uff22\uff43\uff11\u3000\uff76\uff9e",
    "\u65e5\u672c\u8a9e\u306e\u6587\u7ae0\u3002",
    "\U0001f680 \U0001f469\u200d\U0001f680 \U0001f1eb\U0001f1f7",
    "x\U0001f680y \u20ac5",
    "\u2581 and \u2581under\u2581 \u2581\u2581",
    "<0xE7> is not a byte, nor <0x41>",
    "2033 and 12345 and 3.14, 1,000,000",
    "don't we'll IT'S they're I'D",
    "\u0440\u0430\u043a\u0435\u0442\u0430 \u041c\u0430\u0440\u0441",
    "\u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627 \u0928\u092e\u0938\u094d\u0924\u0947",
    "\u00a0\u2003no\u00a0break\u2028line",
    "\u0000\u0007\ufeff\ufffd control",
    "a<s>b</s> c <s> d",
    "<|im_start|>user\nHi<|im_end|>\n<tool_call>x</tool_call>",
    "the end<|endoftext|>the race<|begin_of_text|> to",
    "[INST] Who? [/INST] Me </s>",
    "    def go(self):\n        return 42",
    "HTTPServer2CamelCase_snake-case...!!!",
    "z\u0337\u030d\u0300a\u0336l\u0321\u0349go",
]

# How large each self-check's figure was; printed at the end.
CHECKS = {}


def pretty(value, indent=0, width=108):
    """JSON in lines of at most about `width` characters: what fits stays in one line, small things share lines."""
    flat = json.dumps(value, ensure_ascii=True)
    if len(flat) + indent <= width or not isinstance(value, (dict, list)):
        return flat
    pad = " " * (indent + 1)
    if isinstance(value, dict):
        parts = [json.dumps(k) + ": " + pretty(v, indent + 1, width) for k, v in value.items()]
        fill = all(not isinstance(v, (dict, list)) for v in value.values()) and len(value) > 30
    else:
        parts = [pretty(v, indent + 1, width) for v in value]
        fill = all(len(part) < 40 for part in parts)
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
    path.write_text(pretty(value) + "\n", encoding="utf-8")


# -------------------------------------------------------------------------------------------- byte-level

# The patterns are those of transformers 5.24 (Apache-2.0): Llama 3's as in integrations/gguf, Qwen2's as in its class.
LLAMA3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
QWEN2 = LLAMA3.replace(r"\p{N}{1,3}", r"\p{N}")
TEKKEN = (
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+"
    r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*"
    r"|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)


def split(pattern):
    return pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(pattern), behavior="isolated", invert=False),
        pre_tokenizers.ByteLevel(add_prefix_space=False, trim_offsets=True, use_regex=False),
    ])


def byte_level(pre, special, plain=(), normalizer=None, size=345, post=None, **model):
    """A byte-level BPE of `size` tokens and then its added tokens."""
    bpe = Tokenizer(models.BPE())
    bpe.normalizer, bpe.pre_tokenizer = normalizer, pre
    trainer = trainers.BpeTrainer(
        vocab_size=size, initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()), show_progress=False)
    bpe.train_from_iterator(CORPUS, trainer)
    trained = json.loads(bpe.to_str())["model"]
    vocab = dict(sorted(trained["vocab"].items(), key=lambda item: item[1]))
    merges = [tuple(merge) for merge in trained["merges"]]
    bpe.model = models.BPE(vocab=vocab, merges=merges, **model)
    bpe.decoder = decoders.ByteLevel()
    bpe.post_processor = post(special) if post else processors.ByteLevel(trim_offsets=False)
    bpe.add_special_tokens([AddedToken(token, normalized=False, special=True) for token in special])
    bpe.add_tokens([AddedToken(token, normalized=False) for token in plain])
    return bpe


def llama3_post(special):
    bos = special[0]
    return processors.Sequence([
        processors.ByteLevel(trim_offsets=True),
        processors.TemplateProcessing(single=f"{bos} $A", pair=f"{bos} $A {bos}:1 $B:1", special_tokens=[(bos, 345)]),
    ])


# ------------------------------------------------------------------------------------ as SentencePiece does

SPACE = "\u2581"
SPECIAL = ["<unk>", "<s>", "</s>"]


def scores(vocab):
    """As SentencePiece has them: merges in the order in which they were learned, and before them nothing."""
    return {token: -float(id_) if len(token) > 1 and not token.startswith("<") else 0.0 for token, id_ in vocab.items()}


def pieces(normalizer=None, pre=None, added=(), bytes=True, size=430, post=True):
    """Special tokens, bytes, and then characters and merges, as SentencePiece orders them."""
    first = SPECIAL + ([f"<0x{b:02X}>" for b in range(256)] if bytes else [])
    bpe = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=bytes))
    # Trained on what the tokenizer will see; no merge goes over a space's beginning.
    bpe.normalizer = normalizers.Replace(" ", SPACE)
    bpe.pre_tokenizer = pre_tokenizers.Split(Regex(f"{SPACE}+[^{SPACE}]*"), behavior="isolated")
    trainer = trainers.BpeTrainer(
        vocab_size=size, special_tokens=first, limit_alphabet=60, initial_alphabet=[SPACE, "\u00e9", "\u00bd"],
        show_progress=False)
    bpe.train_from_iterator(CORPUS, trainer)
    trained = json.loads(bpe.to_str())["model"]
    vocab = dict(sorted(trained["vocab"].items(), key=lambda item: item[1]))
    # Every way in which a token is two others, by its score, as transformers converts SentencePiece's models.
    merges = generate_merges(vocab, scores(vocab), skip_tokens=first)
    bpe = Tokenizer(models.BPE(vocab=vocab, merges=merges, unk_token="<unk>", fuse_unk=True, byte_fallback=bytes))
    if normalizer is not None:
        bpe.normalizer = normalizer
    if pre is not None:
        bpe.pre_tokenizer = pre
    bpe.decoder = decoders.Sequence([
        decoders.Replace(SPACE, " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    if post:
        bpe.post_processor = processors.TemplateProcessing(
            single="<s> $A", pair="<s> $A <s>:1 $B:1", special_tokens=[("<s>", 1)])
    bpe.add_special_tokens([AddedToken(token, normalized=False, special=True) for token in SPECIAL])
    for token in added:
        (bpe.add_special_tokens if token.special else bpe.add_tokens)([token])
    return bpe


def metaspace(scheme, split=True):
    return pre_tokenizers.Metaspace(replacement=SPACE, prepend_scheme=scheme, split=split)


PREPEND = lambda: normalizers.Sequence([normalizers.Prepend(SPACE), normalizers.Replace(" ", SPACE)])
ODD = [
    AddedToken("[INST]", normalized=True),
    AddedToken("[/INST]", lstrip=True, rstrip=True, normalized=False),
    AddedToken("race", single_word=True, normalized=False),
    AddedToken("<tool_call>", special=True, lstrip=True, normalized=False),
]

CHATML = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
LLAMA = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"}
FAST = {"tokenizer_class": "PreTrainedTokenizerFast"}

# Folder: the tokenizer, its settings, `model_type`, and what is known of it. `lossless`: tokens spell the whole text but
# for spaces that are put before it. `normalised`: it changes some characters.
FOLDERS = {
    "gpt2": lambda: (byte_level(pre_tokenizers.ByteLevel(add_prefix_space=False), CHATML[:1]), FAST, "gpt2", {}),
    "gpt2-prefix": lambda: (
        byte_level(pre_tokenizers.ByteLevel(add_prefix_space=True), CHATML[:1],
                   post=lambda _: processors.ByteLevel(trim_offsets=True)), FAST, "gpt2", {}),
    "llama3": lambda: (
        byte_level(split(LLAMA3), ["<|begin_of_text|>", "<|end_of_text|>", "<|eot_id|>"], post=llama3_post,
                   ignore_merges=True),
        {**FAST, "bos_token": "<|begin_of_text|>", "eos_token": "<|end_of_text|>"}, "llama", {}),
    "qwen2": lambda: (
        byte_level(split(QWEN2), CHATML, ["<tool_call>", "</tool_call>"], normalizer=normalizers.NFC()),
        {"tokenizer_class": "Qwen2Tokenizer", "eos_token": "<|im_end|>", "unk_token": None,
         "pad_token": "<|endoftext|>"}, "qwen2", {"normalised": True}),
    "smollm": lambda: (
        byte_level(pre_tokenizers.Sequence([
            pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]), CHATML),
        {**FAST, "bos_token": "<|im_start|>", "eos_token": "<|im_end|>"}, "llama", {}),
    "tekken": lambda: (
        byte_level(split(TEKKEN), ["<unk>", "<s>", "</s>"]), {**FAST, **LLAMA}, "mistral", {}),
    "white-space-dropped": lambda: (
        byte_level(pre_tokenizers.Sequence([
            pre_tokenizers.WhitespaceSplit(), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]),
            CHATML), FAST, "gpt2", {"lossless": False}),
    "llama2": lambda: (pieces(PREPEND()), {**FAST, **LLAMA}, "llama", {}),
    "llama2-class": lambda: (
        pieces(PREPEND()), {"tokenizer_class": "LlamaTokenizer", **LLAMA}, "llama", {}),
    "llama2-legacy": lambda: (
        pieces(PREPEND()), {"tokenizer_class": "LlamaTokenizerFast", "legacy": True, **LLAMA}, "llama", {}),
    "llama2-no-prefix": lambda: (
        pieces(PREPEND()), {"tokenizer_class": "LlamaTokenizer", "add_prefix_space": False, **LLAMA}, "llama", {}),
    "mistral": lambda: (
        pieces(PREPEND()), {"tokenizer_class": "LlamaTokenizer", "legacy": False, **LLAMA}, "mistral", {}),
    "metaspace-first": lambda: (pieces(pre=metaspace("first")), {**FAST, **LLAMA}, "llama", {}),
    "metaspace-always": lambda: (pieces(pre=metaspace("always")), {**FAST, **LLAMA}, "llama", {}),
    "metaspace-never": lambda: (pieces(pre=metaspace("never", split=False)), {**FAST, **LLAMA}, "llama", {}),
    "nfc": lambda: (
        pieces(normalizers.Sequence([normalizers.NFC(), normalizers.Prepend(SPACE), normalizers.Replace(" ", SPACE)])),
        {**FAST, **LLAMA}, "llama", {"normalised": True}),
    "nfkc": lambda: (
        pieces(normalizers.NFKC(), metaspace("always")), {**FAST, **LLAMA}, "llama", {"normalised": True}),
    "unknown": lambda: (
        pieces(normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()]), metaspace("first"), bytes=False,
               size=250),
        {**FAST, **LLAMA}, "llama", {"normalised": True, "lossless": False}),
    "added": lambda: (pieces(PREPEND(), added=ODD), {**FAST, **LLAMA}, "llama", {"lossless": False}),
}


# ------------------------------------------------------------------------------------------- what they say


def letters():
    """A byte for each letter of a byte-level vocabulary."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [b for b in range(256) if b not in printable]
    return {**{chr(b): b for b in printable}, **{chr(256 + i): b for i, b in enumerate(others)}}


LETTERS = letters()


def own(token, byte):
    """The bytes that a token of the vocabulary stands for."""
    if byte:
        return bytes(LETTERS[letter] for letter in token)
    if len(token) == 6 and token.startswith("<0x") and token.endswith(">"):
        return bytes([int(token[3:5], 16)])
    return token.replace(SPACE, " ").encode()


def spans(text, tokens, added, offsets, byte):
    """The bytes of the text that each token spells; None where they don't spell it. Between added tokens one space may
    have been put. The sign of a space in the text itself is three bytes."""
    data, found, at = text.encode(), [], 0
    signs = (lambda b: b) if byte else lambda b: b.replace(SPACE.encode(), b" ")
    for i, (token, is_added) in enumerate(zip(tokens, added)):
        if is_added:
            end = len(text[:offsets[i][1]].encode())
            found.append([at, end])
            at = end
            continue
        rest = own(token, byte)
        if (i == 0 or added[i - 1]) and rest[:1] == b" ":
            # It is the text's own, unless what the tokens to the next added one spell is one longer than the text.
            until = next((j for j in range(i, len(tokens)) if added[j]), len(tokens))
            end = len(text[:offsets[until][0]].encode()) if until < len(tokens) else len(data)
            spelled = b"".join(own(t, byte) for t in tokens[i:until])
            if len(spelled) == len(signs(data[at:end])) + 1:
                rest = rest[1:]
        start = at
        if byte or data[at:at + len(rest)] == rest:
            at += len(rest)
        else:
            for character in rest.decode(errors="replace"):
                at += 3 if character == " " and data[at:at + 3] == SPACE.encode() else len(character.encode())
        # The same, but for the sign.
        if signs(data[start:at]) != signs(rest):
            return None
        found.append([start, at])
    return found if at == len(data) else None


# The tokenizers that are also stored as GGUF: `tokenizer.ggml.pre`, or None for SentencePiece's.
GGUF = {
    "gpt2": "gpt-2", "llama3": "llama-bpe", "qwen2": "qwen2", "smollm": "smollm", "tekken": "tekken",
    "llama2": None, "metaspace-never": None,
}
NORMAL, UNKNOWN, CONTROL, USER_DEFINED, UNUSED, BYTE = range(1, 7)


def write_gguf(name, bpe, settings, model_type):
    """The tokenizer as llama.cpp's converter stores it, with one token that only fills the vocabulary up."""
    file, pre = HERE / name / "tokenizer.gguf", GGUF[name]
    vocab, added = bpe.get_vocab(), bpe.get_added_tokens_decoder()
    tokens = sorted(vocab, key=vocab.get) + [f"[PAD{len(vocab)}]"]
    assert [vocab.get(token, len(vocab)) for token in tokens] == list(range(len(tokens)))

    def type_of(id_, token):
        if id_ in added:
            unknown = pre is None and token == "<unk>"
            return UNKNOWN if unknown else CONTROL if added[id_].special else USER_DEFINED
        if id_ == len(vocab):
            return UNUSED
        return BYTE if pre is None and len(token) == 6 and token.startswith("<0x") else NORMAL

    # A configuration that transformers needs beside it.
    writer = gguf.GGUFWriter(file, "llama" if model_type == "mistral" else model_type)
    for key, value in [("context_length", 64), ("embedding_length", 8), ("block_count", 1), ("feed_forward_length", 8)]:
        writer.add_uint32(f"{writer.arch}.{key}", value)
    writer.add_head_count(2)
    writer.add_layer_norm_eps(1e-5) if model_type == "gpt2" else writer.add_layer_norm_rms_eps(1e-5)
    model = json.loads(bpe.to_str())["model"]
    writer.add_tokenizer_model("llama" if pre is None else "gpt2")
    writer.add_token_list(tokens)
    writer.add_token_types([type_of(id_, token) for id_, token in enumerate(tokens)])
    if pre is None:
        writer.add_tokenizer_pre("default")
        known = scores(vocab)
        writer.add_token_scores([known.get(token, -10000.0) for token in tokens])
        writer.add_add_space_prefix(name == "llama2")
    else:
        writer.add_tokenizer_pre(pre)
        writer.add_token_merges([" ".join(merge) for merge in model["merges"]])
        writer.add_add_bos_token(name == "llama3")
    for key, add in [("bos_token", writer.add_bos_token_id), ("eos_token", writer.add_eos_token_id),
                     ("unk_token", writer.add_unk_token_id)]:
        if settings.get(key):
            add(vocab[settings[key]])
    writer.add_chat_template("{{ messages[0]['content'] }}" + f" in {name}")
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    # transformers' own reader: README.md says what it has otherwise.
    with tempfile.TemporaryDirectory() as alone:
        shutil.copy(file, alone)
        auto = AutoTokenizer.from_pretrained(alone, gguf_file=file.name)
    other = [t for t in TEXTS if auto(t, add_special_tokens=False)["input_ids"] != bpe.encode(t, add_special_tokens=False).ids]
    CHECKS[f"{name}: texts that transformers reads otherwise from GGUF"] = len(other)
    assert len(other) == {"llama2": 7, "llama3": 1, "metaspace-never": 26, "qwen2": 5, "tekken": 1}.get(name, 0)


def make(name):
    bpe, settings, model_type, known = FOLDERS[name]()
    folder = HERE / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    write(folder / "tokenizer.json", json.loads(bpe.to_str()))
    write(folder / "tokenizer_config.json", settings)
    write(folder / "config.json", {"model_type": model_type})
    auto = AutoTokenizer.from_pretrained(folder)
    byte = isinstance(bpe.decoder, decoders.ByteLevel)
    if name in GGUF:
        write_gguf(name, bpe, settings, model_type)
    cases = []
    for text in TEXTS:
        encoded = auto(text, add_special_tokens=False, return_offsets_mapping=True)
        ids, offsets = encoded["input_ids"], encoded["offset_mapping"]
        tokens = auto.convert_ids_to_tokens(ids)
        added = [id_ in auto.added_tokens_decoder for id_ in ids]
        if settings.get("tokenizer_class") == "PreTrainedTokenizerFast":
            assert bpe.encode(text, add_special_tokens=False).ids == ids, (name, text)
        case = {"text": text, "ids": ids, "spans": spans(text, tokens, added, offsets, byte)}
        if case["spans"] is None:
            case["offsets"] = [[len(text[:i].encode()) for i in pair] for pair in offsets]
        decoded = auto.decode(ids, clean_up_tokenization_spaces=False)
        if decoded != text:
            case["decoded"] = decoded
        if case["spans"] is None:
            assert known, (name, text)
            CHECKS[f"{name}: texts that the tokens don't spell"] = 1 + CHECKS.get(
                f"{name}: texts that the tokens don't spell", 0)
        begun = auto(text)["input_ids"]
        if begun != ids:
            assert begun[1:] == ids, (name, text)
            case["begins"] = begun[0]
        cases.append(case)
    write(folder / "expected.json", {"lossless": True, "normalised": False, **known, "cases": cases})


if __name__ == "__main__":
    for name in FOLDERS:
        make(name)
    for name, figure in sorted(CHECKS.items()):
        print(f"{figure:4} {name}")
    versions = f"transformers {transformers.__version__}, tokenizers {tokenizers.__version__}"
    print(f"{versions}, Python {platform.python_version()}")
