"""Small models of Llama's family, and captum's own attributions on them.

Nothing here knows the Rust code. See README.md.

    OMP_NUM_THREADS=1 python generate.py     # everything, beside this file; it stops if a self-check fails
"""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(HERE.parent))

import captum
from captum.attr import InputXGradient, IntegratedGradients, LayerIntegratedGradients, Occlusion, Saliency
from peer import *
from transformers import LlamaConfig, MistralConfig, PreTrainedTokenizerFast, Qwen2Config, Qwen3Config

END = "<|endoftext|>"
BYTES = train(300, pre_tokenizers.ByteLevel.alphabet(), END)
OUTPUTS = 6
SHAPE = dict(
    vocab_size=300, hidden_size=24, intermediate_size=40, num_hidden_layers=2, num_attention_heads=4,
    num_key_value_heads=2, head_dim=6, max_position_embeddings=64, bos_token_id=299, eos_token_id=299)
LLAMA3 = {
    "rope_type": "llama3", "rope_theta": 10000.0, "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
    "original_max_position_embeddings": 16}
MODELS = {
    "llama": (
        LlamaConfig(**SHAPE, tie_word_embeddings=True, rope_parameters=LLAMA3, attention_bias=True, mlp_bias=True),
        "The race to Mars leads nations."),
    "mistral": (
        MistralConfig(**{**SHAPE, "num_key_value_heads": 1}, sliding_window=5), "Boeing stated that rockets lead."),
    "qwen2": (
        Qwen2Config(
            **SHAPE, use_sliding_window=True, sliding_window=4, max_window_layers=1,
            rope_parameters={"rope_type": "yarn", "rope_theta": 10000.0, "factor": 4.0,
                             "original_max_position_embeddings": 16}),
        "The red planet will state its race."),
    "qwen3": (Qwen3Config(**{**SHAPE, "head_dim": 10}, tie_word_embeddings=True), "Competition between rockets."),
}

# ---------------------------------------------------------------------------------- targets and methods


def entropy(z):
    p = z.softmax(-1)
    return -(p * z.log_softmax(-1)).sum(-1)


# Of the logits at the output's position, [batch, vocabulary], the output's id and the alternative's.
TARGETS = {
    "logit": lambda z, t, a: z[:, t],
    "probability": lambda z, t, a: z.softmax(-1)[:, t],
    "log-probability": lambda z, t, a: z.log_softmax(-1)[:, t],
    "entropy": lambda z, t, a: entropy(z),
    "contrast-logit": lambda z, t, a: z[:, t] - z[:, a],
}
AGGREGATES = {
    "sum": lambda x: x.sum(-1),
    "l1": lambda x: x.abs().sum(-1),
    "l2": lambda x: x.pow(2).sum(-1).sqrt(),
    "mean": lambda x: x.mean(-1),
    "max-abs": lambda x: x.abs().amax(-1),
}


def attribute(model, inside, method, prefix, target, output, alternative):
    """captum's attributions of one output, [tokens, hidden], and its convergence delta. The model runs in `inside`;
    captum's own float32, in the weights of its quadrature, stays."""
    table = model.get_input_embeddings().weight.detach()
    x = table[prefix].unsqueeze(0)

    def forward(embeddings):
        with inside():
            return TARGETS[target](model(inputs_embeds=embeddings).logits[:, -1], output, alternative)

    name, *rest = method.split("/")
    if name == "gradient":
        return Saliency(forward).attribute(x.requires_grad_(), abs=False)[0], None
    if name == "gradient-x-input":
        return InputXGradient(forward).attribute(x.requires_grad_())[0].detach(), None
    if name == "occlusion":
        # captum divides by the windows' number, which is 1, in float32: in here in float64.
        with torch.no_grad(), inside():
            return Occlusion(forward).attribute(x, (1, x.shape[2]), baselines=0)[0], None
    baseline = table.mean(0).expand_as(x) if rest[1:] == ["mean"] else torch.zeros_like(x)
    found, delta = IntegratedGradients(forward).attribute(
        x, baselines=baseline, n_steps=int(rest[0]), method="gausslegendre", return_convergence_delta=True)
    return found[0], delta.item()


METHODS = ["gradient", "gradient-x-input", "integrated-gradients/50", "integrated-gradients/50/mean", "occlusion"]


def all_rows(model, inside, ids, n_input, alternatives, methods, aggregates, n):
    """By target and method, reduced over hidden. Nothing is reduced of an occlusion: a token has one number."""
    found, sizes = {}, {}
    for target in TARGETS:
        found[target] = {}
        for method in methods:
            rows, deltas = {name: [] for name in aggregates}, []
            for i, alternative in enumerate(alternatives):
                at = n_input + i
                values, delta = attribute(model, inside, method, ids[:at], target, ids[at], alternative)
                assert inside is contextlib.nullcontext or values.dtype == torch.float64
                if method == "occlusion":
                    values = values[:, :1]
                for name in aggregates:
                    rows[name].append(AGGREGATES[name](values.double()).tolist())
                deltas.append(delta)
            if method == "occlusion":
                rows = {"sum": rows["sum"]}
            found[target][method] = {name: digits(values, n) for name, values in rows.items()}
            if deltas[0] is not None:
                found[target][method + "/delta"] = digits(deltas, n)
    return found


def gap(rows, others):
    """The largest difference in units of each row's largest."""
    return max(
        max(abs(a - b) for a, b in zip(row, other)) / max(abs(b) for b in other) for row, other in zip(rows, others))


def layer_check(model, ids, n_input):
    """LayerIntegratedGradients at the embedding layer is IntegratedGradients of the embeddings."""
    prefix = torch.tensor([ids[:n_input]])
    at = model.get_input_embeddings()
    forward = lambda x: model(x).logits[:, -1, ids[n_input]]
    end = torch.full_like(prefix, 7)
    found = LayerIntegratedGradients(forward, at).attribute(prefix, end, n_steps=50)
    table = at.weight.detach()
    forward = lambda x: model(inputs_embeds=x).logits[:, -1, ids[n_input]]
    again = IntegratedGradients(forward).attribute(table[prefix], table[end], n_steps=50)
    below("captum: its layer's attributions against those of the embeddings", (found - again).abs().max(), 1e-10)


def answers(name, config, text):
    folder = fresh(HERE / name)
    draw(config, 5, scale=0.5).half().save_pretrained(folder)
    put_tokenizer(folder, byte_level(BYTES, END), END)
    (folder / "text.txt").write_text(text + "\n")
    model = load(folder)
    model.requires_grad_(False)
    start = PreTrainedTokenizerFast.from_pretrained(folder)(text)["input_ids"]
    n_input = len(start)
    ids = start + greedy_of(model, start, OUTPUTS)
    assert len(ids) == n_input + OUTPUTS and 299 not in ids
    logits = logits_of(model, ids)
    hand_check(model, ids, logits)
    logits = logits[n_input - 1 : -1]
    alternatives = logits.topk(2).indices[:, 1].tolist()
    layer_check(model, ids, n_input)
    asked = (ids, n_input, alternatives)
    exact_rows = all_rows(model, exact, *asked, METHODS, AGGREGATES, 12)
    record = {
        "peer": f"captum {captum.__version__}, transformers {transformers.__version__}, float64",
        "versions": versions(captum),
        "text": text,
        "n_input": n_input,
        "token_ids": ids,
        "alternative_ids": alternatives,
        "logits_of_outputs": digits([logits[i, ids[n_input + i]].item() for i in range(OUTPUTS)]),
        "targets": exact_rows,
    }
    shipped = all_rows(model, contextlib.nullcontext, *asked, METHODS, ["sum", "l2"], 9)
    single = load(folder, dtype=torch.float32).requires_grad_(False)
    methods = ["integrated-gradients/50"]
    float32 = all_rows(single, contextlib.nullcontext, *asked, methods, AGGREGATES, 8)
    for target in TARGETS:
        for method in METHODS:
            apart = gap(shipped[target][method]["sum"], exact_rows[target][method]["sum"])
            below(f"as shipped, {name}, {method}", apart, 1e-2 if method == METHODS[2] else 1e-4)
        apart = gap(float32[target][methods[0]]["sum"], exact_rows[target][methods[0]]["sum"])
        below(f"captum in float32 from zero, {name}", apart, 1e-1)
    deltas = exact_rows["logit"]
    for method in METHODS[2:4]:
        below(f"{name}: delta, {method}", max(map(abs, deltas[method + "/delta"])), 1e3)
    record["as_shipped"], record["float32"] = shipped, float32
    write(folder / "captum.json", record)


if __name__ == "__main__":
    for name, (config, text) in MODELS.items():
        answers(name, config, text)
    report(HERE)
