"""Times ecco on a GPT-2 folder: generation and attribution, without imports and loading.

usage: ecco_time.py MODEL TEXT_FILE N_OUTPUT METHOD STEPS THREADS
"""

import sys
import time

import ecco
import torch
from report import report

METHODS = {"gradient-x-input": "grad_x_input", "integrated-gradients": "ig"}
# ecco knows models by their names on the hub, so what it would know is told here.
CONFIG = {
    "embedding": "transformer.wte.weight",
    "type": "causal",
    "activations": [r"mlp\.c_proj"],
    "token_prefix": "\u0120",
    "partial_token_prefix": "",
}

folder, text_file, n_output, method, steps, threads = sys.argv[1:]
if method == "integrated-gradients" and steps != "50":
    sys.exit(f"ecco always takes 50 steps, and {steps} are wanted")
torch.set_num_threads(int(threads))
with open(text_file, encoding="utf-8") as file:
    text = file.read().removesuffix("\n")
lm = ecco.from_pretrained(folder, model_config=CONFIG, gpu=False, verbose=False)

begun = time.perf_counter()
output = lm.generate(text, generate=int(n_output), do_sample=False, attribution=[METHODS[method]])
seconds = time.perf_counter() - begun

(rows,) = output.attribution.values()
report(seconds, threads=torch.get_num_threads(), n_input=output.n_input_tokens, n_output=len(rows))
