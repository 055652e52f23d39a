#!/usr/bin/env python3
"""What transformers and autograd answer on the stand-in for GPT-2 (124M).

usage: generate.py RUNS OUT      (torch 2.13.0, transformers 5.24, numpy)

The stand-in has GPT-2 small's shape and weights that anybody can make again: every number comes from a counter through
SplitMix64, so that this program and `cargo xtask real-gpt2 --stand-in` make the same bits without sharing code. On it
the tokens of the reference runs in RUNS are forced, and gradient x input of the probability (l2 over hidden dimensions,
divided by the row's sum; gradients at the token embeddings, before positions are added) is computed one backward pass an
output, as ecco does. Of the runs with 100 outputs only the first is kept. Rows have 5 significant digits.
"""
import json, pathlib, sys
import numpy, torch, transformers

SCALE = {"wte.weight": 2.0**-5, "wpe.weight": 2.0**-6}


def names(layers):
    yield from [("wte.weight", (50257, 768)), ("wpe.weight", (1024, 768))]
    for i in range(layers):
        block = [("ln_1", (768,)), ("attn.c_attn", (768, 2304)), ("attn.c_proj", (768, 768)), ("ln_2", (768,)),
                 ("mlp.c_fc", (768, 3072)), ("mlp.c_proj", (3072, 768))]
        for name, shape in block:
            yield f"h.{i}.{name}.weight", shape
            yield f"h.{i}.{name}.bias", shape[-1:]
    yield from [("ln_f.weight", (768,)), ("ln_f.bias", (768,))]


def numbers(tensor, shape):
    """Tensor number `tensor` of the list: SplitMix64 of (tensor << 40) + index, its upper 24 bits in [-1, 1)."""
    with numpy.errstate(over="ignore"):
        z = numpy.arange(numpy.prod(shape), dtype=numpy.uint64) + numpy.uint64(tensor << 40)
        z = (z + numpy.uint64(1)) * numpy.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> numpy.uint64(30))) * numpy.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> numpy.uint64(27))) * numpy.uint64(0x94D049BB133111EB)
        z = z ^ (z >> numpy.uint64(31))
    return ((z >> numpy.uint64(40)).astype(numpy.float32) * numpy.float32(2.0**-23) - numpy.float32(1)).reshape(shape)


def weights():
    state = {}
    for tensor, (name, shape) in enumerate(names(12)):
        value = numbers(tensor, shape)
        if ".ln_" in name or name.startswith("ln_f"):
            value = value * numpy.float32(0.25) + numpy.float32(name.endswith("weight"))
        else:
            value = value * numpy.float32(SCALE.get(name, 2.0**-5))
        state[f"transformer.{name}"] = torch.from_numpy(value)
    return state


def rows(model, ids, n_input):
    ids = torch.tensor([ids])
    embeddings = model.transformer.wte(ids).detach().requires_grad_(True)
    probabilities = model(inputs_embeds=embeddings).logits[0].softmax(-1)
    for output in range(n_input, ids.shape[1]):
        (gradient,) = torch.autograd.grad(probabilities[output - 1, ids[0, output]], embeddings, retain_graph=True)
        values = (gradient * embeddings)[0, :output].norm(dim=-1)
        yield [float(f"{v:.4e}") for v in (values / values.sum()).tolist()]


def main():
    runs, out = map(pathlib.Path, sys.argv[1:])
    config = transformers.GPT2Config(attn_implementation="eager", resid_pdrop=0, embd_pdrop=0, attn_pdrop=0)
    model = transformers.GPT2LMHeadModel(config).eval()
    missing, unexpected = model.load_state_dict(weights(), strict=False)
    assert missing in ([], ["lm_head.weight"]) and not unexpected, (missing, unexpected)
    model.tie_weights()
    for parameter in model.parameters():
        parameter.requires_grad_(False)
    for name, kept in [("run-30", None), ("runs-3x30", None), ("runs-3x100", 1)]:
        read = json.loads((runs / f"{name}.json").read_text())
        read = read if isinstance(read, list) else [read]
        answers = []
        for run in read[:kept]:
            ids = [token["token_id"] for token in run["tokens"]]
            n_input = sum(token["type"] == "input" for token in run["tokens"])
            answers.append(list(rows(model, ids, n_input)))
            print(name, n_input, len(answers[-1]), flush=True)
        text = json.dumps(answers, separators=(",", ":")).replace("]],[[", "]],\n[[").replace("],[", "],\n[")
        (out / f"{name}.json").write_text(text + "\n")


main()
