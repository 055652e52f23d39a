"""Times captum's LLMGradientAttribution on a folder: generation and attribution, without imports and loading.

usage: captum_time.py MODEL TEXT_FILE N_OUTPUT gradient-x-input STEPS THREADS

It explains log-probabilities by gradient x activation at the embedding layer, which is gradient x input, and drops what
a row gives to earlier outputs.
"""

import sys
import time

import torch
from captum.attr import LayerGradientXActivation, LLMGradientAttribution, TextTokenInput
from report import report
from transformers import AutoModelForCausalLM, AutoTokenizer

folder, text_file, n_output, method, steps, threads = sys.argv[1:]
if method != "gradient-x-input":
    sys.exit(f"gradient-x-input is timed, and {method} is wanted")
torch.set_num_threads(int(threads))
with open(text_file, encoding="utf-8") as file:
    text = file.read().removesuffix("\n")
tokenizer = AutoTokenizer.from_pretrained(folder)
model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
explainer = LLMGradientAttribution(LayerGradientXActivation(model, model.get_input_embeddings()), tokenizer)
length = {"max_new_tokens": int(n_output), "min_new_tokens": int(n_output)}

begun = time.perf_counter()
result = explainer.attribute(TextTokenInput(text, tokenizer), gen_args={**length, "do_sample": False})
seconds = time.perf_counter() - begun

n_output, n_input = result.token_attr.shape
report(seconds, threads=torch.get_num_threads(), n_input=n_input, n_output=n_output)
