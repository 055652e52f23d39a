"""What transformers and captum say on SmolLM2-135M-Instruct, read from its GGUF file.

Nothing here knows the Rust code. See README.md.

    OMP_NUM_THREADS=1 python generate.py FILE.gguf PARAGRAPH.txt     # some minutes; it stops if a self-check fails
"""

import hashlib
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(HERE.parent))

import captum
from captum.attr import InputXGradient, IntegratedGradients, Occlusion, Saliency
from peer import *
from transformers import AutoTokenizer, LlamaForCausalLM

SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
# What was found once, with other programs.
ANCHORS = {
    "The capital of France is": (
        [504, 3575, 282, 4649, 314], {" Paris": 17.3713, " the": 14.8886, " London": 13.2450}, 3.6916),
    "<|im_start|>user\nWhat is 2+2?<|im_end|>\n<|im_start|>assistant\n": (None, {"The": 34.0756, "To": 33.6100}, 2.2930),
}
OUTPUTS = 3
STEPS = 20
# Occlusion of these tokens of the paragraph.
OCCLUDED = [0, 1, 40, 90, 140, 182]
DIGITS = 8


def rows_of(model, ids, at):
    """captum's rows of the output at a position, for its logit and its probability, summed and in l2 over hidden."""
    table = model.get_input_embeddings().weight.detach()
    x = table[ids[:at]].unsqueeze(0)
    mean, end = table.mean(0).expand_as(x), table[2].expand_as(x)
    found = {}
    for target, of in [("logit", lambda z: z[:, ids[at]]), ("probability", lambda z: z.softmax(-1)[:, ids[at]])]:
        def forward(embeddings):
            with exact():
                return of(model(inputs_embeds=embeddings, logits_to_keep=1).logits[:, -1])

        rows = {}

        def put(name, values):
            values = values[0].detach()
            rows[name] = {"sum": values.sum(-1).tolist(), "l2": values.pow(2).sum(-1).sqrt().tolist()}

        put("gradient", Saliency(forward).attribute(x.clone().requires_grad_(), abs=False))
        put("gradient-x-input", InputXGradient(forward).attribute(x.clone().requires_grad_()))
        for name, baseline in [("zero", torch.zeros_like(x)), ("mean", mean), ("eos", end)]:
            values, delta = IntegratedGradients(forward).attribute(
                x, baselines=baseline, n_steps=STEPS, method="gausslegendre", internal_batch_size=1,
                return_convergence_delta=True)
            put(f"integrated-gradients/{STEPS}/{name}", values)
            rows[f"integrated-gradients/{STEPS}/{name}"]["delta"] = delta.item()
        with torch.no_grad():
            value = forward(x)[0]
            rows["value"] = value.item()
            zeroed = {}
            for token in OCCLUDED:
                without = x.clone()
                without[0, token] = 0
                zeroed[str(token)] = (value - forward(without)[0]).item()
            rows["occlusion"] = zeroed
        found[target] = rows
        print(at, target, flush=True)
    return found


def rounded(value, n=DIGITS):
    if isinstance(value, dict):
        return {key: rounded(v, n) for key, v in value.items()}
    if isinstance(value, list):
        return [rounded(v, n) for v in value]
    return float(f"{value:.{n - 1}e}") if isinstance(value, float) else value


@torch.no_grad()
def log_likelihood(model, ids):
    """Mean negative log-likelihood of each token after the first, in nats."""
    logits = logits_of(model, ids)
    return -logits[:-1].log_softmax(-1)[range(len(ids) - 1), ids[1:]].mean().item()


def main(path, paragraph):
    assert hashlib.sha256(path.read_bytes()).hexdigest() == SHA256
    tokenizer = AutoTokenizer.from_pretrained(path.parent, gguf_file=path.name)
    model = LlamaForCausalLM.from_pretrained(
        path.parent, gguf_file=path.name, dtype=torch.float32, attn_implementation="eager").double().eval()
    model.requires_grad_(False)
    assert sum(p.numel() for p in model.parameters()) == 134_515_008
    record = {"versions": versions(captum), "sha256": SHA256, "anchors": [], "digits": DIGITS}

    for text, (ids, logits, nll) in ANCHORS.items():
        found = tokenizer(text, add_special_tokens=False)["input_ids"]
        assert ids is None or ids == found, found
        last = logits_of(model, found)[-1]
        tokens = {token: tokenizer(token, add_special_tokens=False)["input_ids"] for token in logits}
        for token, value in logits.items():
            below("anchors: logits", abs(last[tokens[token][0]].item() - value), 1e-3)
        mean = log_likelihood(model, found)
        below("anchors: log-likelihood", abs(mean - nll), 1e-4)
        best = last.topk(5)
        record["anchors"].append({
            "text": text, "ids": found, "nll": rounded(mean), "best_ids": best.indices.tolist(),
            "best_logits": rounded(best.values.tolist())})

    text = paragraph.read_text().removesuffix("\n")
    ids = tokenizer(text, add_special_tokens=False)["input_ids"]
    n_input = len(ids)
    assert n_input == 183 and max(OCCLUDED) < n_input
    hand_check(model, ids[:20], logits_of(model, ids[:20]))
    with torch.no_grad(), exact():
        inputs = torch.tensor([ids])
        out = model.generate(
            inputs, attention_mask=torch.ones_like(inputs), max_new_tokens=30, do_sample=False, pad_token_id=2)
    ids = out[0].tolist()
    logits = logits_of(model, ids)
    for t in range(n_input, len(ids)):
        best = logits[t - 1].topk(2).values
        assert logits[t - 1].argmax() == ids[t]
        above("greedy: best logit minus the second", best[0] - best[1], 5e-3)
    said = tokenizer.decode(ids[n_input:])
    assert said.startswith(" SpaceX. SpaceX has stated that it will be the first to land on Mars."), said
    shipped = as_shipped(model, ids)
    below("logits: as shipped", (shipped - logits).abs().max(), 1e-2)
    record["paragraph"] = {
        "n_input": n_input,
        "ids": ids,
        "said": said,
        "logits_of_outputs": rounded([logits[t - 1, ids[t]].item() for t in range(n_input, len(ids))]),
        "as_shipped_is_off_by": rounded((shipped - logits)[n_input - 1 :].abs().max().item(), 3),
        "steps": STEPS,
        "rows": [rounded(rows_of(model, ids, n_input + i)) for i in range(OUTPUTS)],
    }
    write(HERE / "expected.json", record)


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), Path(sys.argv[2]))
    report(HERE)
