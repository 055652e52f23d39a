"""gim-explain's gradients on the small models of `../parity`, and on those of model-gpt2.

Nothing here knows the Rust code. See README.md.

    OMP_NUM_THREADS=1 python generate.py     # writes expected.json here and in model-gpt2/tests/gim
"""

import math
import sys
from importlib import metadata
from pathlib import Path

HERE = Path(__file__).resolve().parent
OTHER = HERE.parents[2] / "model-gpt2" / "tests" / "gim"
sys.dont_write_bytecode = True
sys.path.insert(0, str(HERE.parent))

from peer import *

import gim
import torch.nn.functional as F

FOLDERS = {
    HERE: [HERE.parent / "parity" / name for name in ("llama", "mistral", "qwen2", "qwen3")],
    OTHER: [OTHER.parent / "parity" / name for name in ("gpt2-a", "gpt2-b")],
}


def attention(query, key, value, attn_mask=None, dropout_p=0.0, is_causal=False, scale=None, enable_gqa=False):
    """PyTorch's attention in plain operations: the package's softmax does not reach into the fused one."""
    assert dropout_p == 0.0
    if enable_gqa:
        key, value = (x.repeat_interleave(query.shape[1] // x.shape[1], 1) for x in (key, value))
    scores = query @ key.transpose(-2, -1) * (1 / math.sqrt(query.shape[-1]) if scale is None else scale)
    if is_causal:
        attn_mask = torch.ones(scores.shape[-2:]).tril().bool()
    if attn_mask is not None and attn_mask.dtype == torch.bool:
        scores = scores.masked_fill(~attn_mask, -math.inf)
    elif attn_mask is not None:
        scores = scores + attn_mask
    return torch.softmax(scores, dim=-1) @ value


def with_torch_norms(model):
    """transformers' own RMS norms, which the package does not know, as PyTorch's, which it does."""
    for parent in list(model.modules()):
        for name, child in list(parent.named_children()):
            if type(child).__name__.endswith("RMSNorm"):
                norm = torch.nn.RMSNorm(child.weight.shape, eps=child.variance_epsilon, dtype=torch.float64)
                norm.weight.data.copy_(child.weight)
                setattr(parent, name, norm.requires_grad_(False))
    return model


def rows_of(folder):
    captum = json.loads((folder / "captum.json").read_text())
    ids, n_input = captum["token_ids"], captum["n_input"]
    model = load(folder).requires_grad_(False)
    plain = logits_of(model, ids)
    model = with_torch_norms(model)
    model.set_attn_implementation("sdpa")
    below("logits with PyTorch's parts in the place of transformers'", (logits_of(model, ids) - plain).abs().max(), 1e-9)
    table = model.get_input_embeddings().weight.detach()
    rows = {"sum": [], "l2": []}
    for at in range(n_input, len(ids)):
        x = table[ids[:at]].unsqueeze(0).requires_grad_(True)
        with gim.GIM(model), exact():
            logits = model(inputs_embeds=x, use_cache=False).logits[0, -1]
            below("logits while the package is in them", (logits.detach() - plain[at - 1]).abs().max(), 1e-9)
            logits[ids[at]].backward()
        row = (x * x.grad)[0].detach()
        rows["sum"].append(row.sum(-1).tolist())
        rows["l2"].append(row.pow(2).sum(-1).sqrt().tolist())
        # The package's own rows are those minus those of a baseline token's embedding.
        with exact():
            own = gim.explain(
                model, torch.tensor([ids[:at]]), target_token_id=ids[at], baseline_token_id=7)
        row = ((x - table[7]) * x.grad)[0].sum(-1)
        below("gim.explain against the gradient times the difference", (own - row).abs().max(), 1e-9)
    return {kind: digits(values) for kind, values in rows.items()}


if __name__ == "__main__":
    F.scaled_dot_product_attention = attention
    for to, folders in FOLDERS.items():
        to.mkdir(exist_ok=True)
        write(to / "expected.json", {
            "peer": f"gim-explain {metadata.version('gim-explain')}, transformers {transformers.__version__}, float64",
            "versions": {**versions(), "gim-explain": metadata.version("gim-explain")},
            "target": "logit",
            "models": {folder.name: {"gim": rows_of(folder)} for folder in folders},
        })
        report(to)
