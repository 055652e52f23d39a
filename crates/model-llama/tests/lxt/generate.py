"""LXT's AttnLRP and CP-LRP on the small models of `../parity`.

Nothing here knows the Rust code. See README.md.

    OMP_NUM_THREADS=1 python generate.py     # writes expected.json beside this file
"""

import json
import shutil
import subprocess
import sys
import tempfile
import types
from importlib import metadata
from pathlib import Path

HERE = Path(__file__).resolve().parent
PARITY = HERE.parent / "parity"
sys.dont_write_bytecode = True
sys.path.insert(0, str(HERE.parent))

from peer import *

# Those that LXT has rules for.
MODELS = ["llama", "qwen2", "qwen3"]
METHODS = {"attn-lrp": "attnLRP", "cp-lrp": "cp_LRP"}


def without_torchvision():
    """LXT imports the parts of a vision transformer, and patches none of them here."""
    models = types.ModuleType("torchvision.models")
    models.vision_transformer = types.ModuleType("torchvision.models.vision_transformer")
    models.vision_transformer.nn = torch.nn
    sys.modules["torchvision"] = types.ModuleType("torchvision")
    sys.modules["torchvision.models"] = models


def as_of_transformers_4(folder, to):
    """A copy of a model whose rotary positions are written as transformers 4 reads them."""
    for file in ("config.json", "model.safetensors"):
        shutil.copy(folder / file, to)
    config = json.loads((to / "config.json").read_text())
    rope = config.pop("rope_parameters")
    config["rope_theta"] = rope.pop("rope_theta")
    config["rope_scaling"] = None if rope["rope_type"] == "default" else rope
    (to / "config.json").write_text(json.dumps(config))


def rows_of(name, ids, n_input):
    """Every output's relevance of its logit, [tokens, hidden], over `hidden` by sum and l2; and the logits."""
    with tempfile.TemporaryDirectory() as folder:
        as_of_transformers_4(PARITY / name, Path(folder))
        model = load(Path(folder)).requires_grad_(False)
    table = model.get_input_embeddings().weight.detach()
    rows, logits = {"sum": [], "l2": []}, []
    for at in range(n_input, len(ids)):
        x = table[ids[:at]].unsqueeze(0).requires_grad_(True)
        with exact():
            logit = model(inputs_embeds=x, use_cache=False).logits[0, -1, ids[at]]
        assert logit.dtype == torch.float64
        logit.backward()
        relevance = (x * x.grad)[0].detach()
        rows["sum"].append(relevance.sum(-1).tolist())
        rows["l2"].append(relevance.pow(2).sum(-1).sqrt().tolist())
        logits.append(logit.item())
    return {kind: digits(values) for kind, values in rows.items()}, logits


def run(method):
    """LXT patches classes for good: one process for each of its methods."""
    without_torchvision()
    import lxt.efficient.models
    from lxt.efficient import monkey_patch
    from transformers.models.llama import modeling_llama
    from transformers.models.qwen2 import modeling_qwen2
    from transformers.models.qwen3 import modeling_qwen3

    modules = {"llama": modeling_llama, "qwen2": modeling_qwen2, "qwen3": modeling_qwen3}
    found = {}
    for name in MODELS:
        patched = getattr(getattr(lxt.efficient.models, name), METHODS[method])
        # Parts that every model has are patched with the first.
        monkey_patch(modules[name], patched)
        captum = json.loads((PARITY / name / "captum.json").read_text())
        ids, n_input = captum["token_ids"], captum["n_input"]
        found[name], logits = rows_of(name, ids, n_input)
        # The relevance rules leave the way there as it is.
        apart = max(abs(a - b) for a, b in zip(logits, captum["logits_of_outputs"]))
        below(f"{name}: logits against captum.json", apart, 1e-9)
    print(json.dumps(found))


if __name__ == "__main__":
    if sys.argv[1:]:
        run(sys.argv[1])
    else:
        each = {}
        for method in METHODS:
            command = [sys.executable, "-B", __file__, method]
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
            each[method] = json.loads(done.stdout)
        more = {name: metadata.version(name) for name in ("huggingface_hub",)}
        write(HERE / "expected.json", {
            "peer": f"LXT 2.1, transformers {transformers.__version__}, float64",
            "versions": {**versions(), **more, "lxt": "2.1"},
            "target": "logit",
            "models": {name: {method: each[method][name] for method in METHODS} for name in MODELS},
        })
        report(HERE)
