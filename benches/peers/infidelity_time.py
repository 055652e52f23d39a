"""Infidelity at 30 outputs of the bundled model: captum's metric beside ours, in one run, and the ratio.

    python benches/peers/infidelity_time.py THREADS        (captum 0.9, transformers 5; from the repository's root)

Both set random halves of the tokens' embeddings to 0, 64 times an output. Ours (an ignored test of saliency-demo-model)
runs 10 sets more for its curves, and shares what stands before the first changed token.
"""
import re
import subprocess
import sys
import time

import torch
from captum.metrics import infidelity
from transformers import AutoModelForCausalLM, AutoTokenizer

SAMPLES, OUTPUTS = 64, 30
COMMAND = "cargo test -q --release --locked -p saliency-demo-model --test infidelity -- --ignored --nocapture"

threads = sys.argv[1]
torch.set_num_threads(int(threads))
run = subprocess.run(COMMAND.split(), capture_output=True, text=True, env=None)
ours = float(re.search(r"([\d.]+) s", run.stdout).group(1))

folder = "crates/demo-model/model"
with open("examples/abigail.txt", encoding="utf-8") as file:
    text = file.read().removesuffix("\n")
tokenizer = AutoTokenizer.from_pretrained(folder)
model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
ids = tokenizer(text, return_tensors="pt").input_ids
ids = model.generate(ids, max_new_tokens=OUTPUTS, min_new_tokens=OUTPUTS, do_sample=False)
torch.manual_seed(0)


def removed(inputs):
    """Which numbers are removed, and what is left."""
    gone = (torch.rand(inputs.shape[:2]) < 0.5).unsqueeze(-1).expand_as(inputs).float()
    return gone * inputs, inputs * (1 - gone)


begun = time.perf_counter()
for output in range(OUTPUTS):
    end = ids.shape[1] - OUTPUTS + output
    token = ids[0, end]
    inputs = model.get_input_embeddings()(ids[:, :end]).detach()

    def log_probability(embeddings):
        return model(inputs_embeds=embeddings, logits_to_keep=1).logits[:, -1].log_softmax(-1)[:, token]

    inputs.requires_grad_(True)
    (gradient,) = torch.autograd.grad(log_probability(inputs).sum(), inputs)
    with torch.no_grad():
        infidelity(log_probability, removed, inputs, gradient, n_perturb_samples=SAMPLES, normalize=True)
theirs = time.perf_counter() - begun
print(f"ours: {ours:.2f} s; captum: {theirs:.2f} s, {theirs / ours:.1f} times as long")
