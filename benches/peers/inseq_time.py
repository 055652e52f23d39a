"""Times inseq on a folder: generation and attribution, without imports and loading.

usage: inseq_time.py MODEL TEXT_FILE N_OUTPUT METHOD STEPS THREADS

Of an encoder-decoder, rows hold the source and the earlier outputs, as ours do, and the answer is the folder's.

inseq decodes what it generates and tokenises that again, so it may attribute more or fewer tokens than it generated.
"""

import pathlib
import sys
import time

import inseq
import torch
from report import report

METHODS = {"gradient-x-input": "input_x_gradient", "integrated-gradients": "integrated_gradients"}

folder, text_file, n_output, method, steps, threads = sys.argv[1:]
torch.set_num_threads(int(threads))
with open(text_file, encoding="utf-8") as file:
    text = file.read().removesuffix("\n")
model = inseq.load_model(folder, METHODS[method], device="cpu")
length = {"max_new_tokens": int(n_output), "min_new_tokens": int(n_output)}
generation = {"generation_args": {**length, "do_sample": False}}
options = {"n_steps": int(steps)} if method == "integrated-gradients" else {}
if model.is_encoder_decoder:
    options["attribute_target"] = True
    generation = {"generated_texts": (pathlib.Path(folder) / "answer.txt").read_text(encoding="utf-8")}

begun = time.perf_counter()
output = model.attribute(text, show_progress=False, **generation, **options)
seconds = time.perf_counter() - begun

(sequence,) = output.sequence_attributions
n_input = len(sequence.source) if sequence.source else sequence.attr_pos_start
report(
    seconds,
    threads=torch.get_num_threads(),
    n_input=n_input,
    n_output=sequence.target_attributions.shape[1],
)
