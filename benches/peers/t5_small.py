"""Makes a T5 of the small one's shape with seeded random weights, in Hugging Face's layout.

usage: t5_small.py FOLDER TEXT_FILE N_OUTPUT

What random weights generate is no text, so the answer is forced, and lies in answer.txt: the first N_OUTPUT tokens of the
text.

The tokenizer is a Unigram of the text's own words, so that the notebook's paragraph is about 200 tokens, filled up to T5's
number of ids.
"""

import pathlib
import re
import string
import sys

import torch
from transformers import T5Config, T5ForConditionalGeneration, T5Tokenizer

N_VOCABULARY, N_EXTRA = 32128, 100


def pieces(text):
    """The text's words and characters, with scores that prefer words, and names for ids that never occur."""
    words = sorted({"\u2581" + word for word in re.findall(r"[A-Za-z]+", text)})
    characters = sorted(set(string.printable) - set(string.whitespace) | set(text) - {" "}) + ["\u2581"]
    found = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0)]
    found += [(piece, -10.0) for piece in characters] + [(word, -5.0) for word in words if len(word) > 1]
    unused = range(len(found), N_VOCABULARY - N_EXTRA - 28)
    return found + [(f"<unused{id}>", -100.0) for id in unused]


def main(folder, text_file, n_output):
    folder = pathlib.Path(folder)
    text = pathlib.Path(text_file).read_text(encoding="utf-8").removesuffix("\n")
    tokenizer = T5Tokenizer(vocab=pieces(text), extra_ids=N_EXTRA)
    torch.manual_seed(1)
    # What transformers draws for a T5 that is to be trained.
    model = T5ForConditionalGeneration(T5Config(
        vocab_size=N_VOCABULARY, d_model=512, d_kv=64, d_ff=2048, num_layers=6, num_decoder_layers=6, num_heads=8,
        dropout_rate=0.0, decoder_start_token_id=0, pad_token_id=0, eos_token_id=1))
    folder.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    answer = tokenizer.decode(tokenizer(text).input_ids[:int(n_output)])
    assert tokenizer(answer).input_ids[:-1] == tokenizer(text).input_ids[:int(n_output)]
    (folder / "answer.txt").write_text(answer, encoding="utf-8")
    print(f"{folder}: the text is {len(tokenizer(text).input_ids)} tokens", file=sys.stderr)


main(*sys.argv[1:])
