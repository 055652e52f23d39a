"""What transformers' T5 attends to, in float64. See README.md.

    OMP_NUM_THREADS=1 python generate.py
"""
import importlib.util
import json
import os
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"
TESTS = Path(__file__).resolve().parent.parent

import torch
import transformers

# `exact` there keeps transformers from computing the softmax in float32.
spec = importlib.util.spec_from_file_location("variants", TESTS / "variants" / "generate.py")
variants = importlib.util.module_from_spec(spec)
spec.loader.exec_module(variants)

SOURCE, START, OUTPUTS = [28, 43, 50, 7, 19, 33, 12], 0, [41, 48, 9, 22]


def digits(values):
    return [[float(f"{x:.12g}") for x in row] for row in values.tolist()]


for name in ["parity/t5-v1.0", "parity/t5-v1.1", "variants/umt5"]:
    model = transformers.AutoModelForSeq2SeqLM.from_pretrained(
        TESTS / name, dtype=torch.float64, attn_implementation="eager").eval()
    with torch.no_grad(), variants.exact():
        out = model(
            input_ids=torch.tensor([SOURCE]), decoder_input_ids=torch.tensor([[START] + OUTPUTS[:-1]]),
            output_attentions=True, use_cache=False)
    found = {"source": SOURCE, "start": START, "outputs": OUTPUTS}
    for part, layers in [("cross", out.cross_attentions), ("decoder", out.decoder_attentions)]:
        weights = torch.stack(layers)[:, 0]  # [layers, heads, queries, keys]
        assert weights.dtype == torch.float64
        found[part] = {
            "mean": digits(weights.mean((0, 1))),
            "layer 1": digits(weights[1].mean(0)),
            "head 0": digits(weights[:, 0].mean(0)),
            "layer 0, head 1": digits(weights[0, 1]),
        }
    path = TESTS / "attention" / (name.split("/")[1] + ".json")
    path.write_text(json.dumps(found, indent=1) + "\n")
