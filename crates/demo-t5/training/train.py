"""Trains the bundled T5: its tokenizer by SentencePiece, its weights by torch. Prints the loss and how many answers about
kept names are right, and writes a folder in Hugging Face's layout.

    pip install torch==2.13.0 transformers==5.24.0 sentencepiece==0.2.3 protobuf==7.36.2
    python train.py OUT [--steps N] [--seed S] [--threads N] [--resume]
    python train.py OUT --from OUT/model --begin N [--steps N] ...

What step n reads depends on the seed and on n alone, so that the same seed, steps and threads give the same weights, also
when the training was cut off and resumed from the state that it leaves in OUT every five minutes. The steps may be set
anew on resuming as long as the learning rate has not begun to fall (the last 30 %).

With --from, training goes on from the weights of such a folder, with new moments and at --rate of the learning rates, which
falls to zero from its warm-up on; --begin says how many steps those weights have seen, so that no batch is read twice.
"""
import argparse
import collections
import csv
import io
import os
import random
import re
import string
import time
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"

import sentencepiece
import torch
import transformers
from sentencepiece import sentencepiece_model_pb2

import stories
from muon import Muon
from names import KEPT_PEOPLE, KEPT_PLACES, PEOPLE, PLACES, KeptNames, Names

VOCABULARY, EXTRA = 1536, 16
SENTENCES_IN_STEP = 224
WARM_UP_STEPS = 100
FALLING = 0.3
# From this step on, names are stranger.
LOOSE_FROM = 2053
PEOPLE_LOOSE = Names(PEOPLE, KEPT_PEOPLE, PEOPLE, loose=True)
PLACES_LOOSE = Names(PLACES, KEPT_PLACES, PLACES, loose=True)
PEOPLE_MADE, PLACES_MADE = Names(PEOPLE, KEPT_PEOPLE, PEOPLE), Names(PLACES, KEPT_PLACES, PLACES)
PEOPLE_KEPT, PLACES_KEPT = KeptNames(KEPT_PEOPLE), KeptNames(KEPT_PLACES)


def tokenizer_of(seed):
    """A Unigram tokenizer with T5's normaliser: the words of the stories whole, and names in pieces of two or three
    letters, so that those in training and those that are kept are pieced together alike."""
    rng, counts, pieces = random.Random(f"{seed}/tokenizer"), collections.Counter(), collections.Counter()
    for i in range(4_000):
        story = told(rng, 1 + i % 6)
        counts.update(re.findall("[A-Za-z]+", stories.source_of(story) + " " + stories.target_of(story)))
        for name in story["people"] + story["places"]:
            del counts[name]
            for length in (2, 3):
                pieces["\u2581" + name[:length]] += 1
                pieces.update(name[at:at + length] for at in range(length - 1, len(name) - length + 1))
    words = sorted("\u2581" + word for word, count in counts.items() if count > 20)
    known = ["<pad>", "</s>", "<unk>", *words, *sorted(set(string.printable) - set(string.whitespace)), "\u2581"]
    frequent = [piece for piece, _ in sorted(pieces.items(), key=lambda found: (-found[1], found[0]))]
    known += [piece for piece in frequent if piece not in known][:VOCABULARY - EXTRA - len(known)]
    # The fewest pieces win, and of as many the longest first ones.
    score = lambda piece: 0.0 if piece in known[:3] else -10.0 - 1.0 / (1 + len(piece))
    normaliser = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(["a b"]), model_writer=normaliser, vocab_size=7, model_type="unigram", pad_id=0, eos_id=1,
        unk_id=2, bos_id=-1, minloglevel=2, hard_vocab_limit=False, normalization_rule_name="nmt_nfkc")
    model = sentencepiece_model_pb2.ModelProto.FromString(normaliser.getvalue())
    return transformers.T5Tokenizer(
        vocab=[(piece, score(piece)) for piece in known], extra_ids=EXTRA,
        _spm_precompiled_charsmap=model.normalizer_spec.precompiled_charsmap)


def told(rng, sentences, people=PEOPLE_MADE, places=PLACES_MADE, summaries=0.25):
    if rng.random() < summaries:
        return stories.summary(rng, people, places, max(0, sentences - 3))
    return stories.question(rng, people, places, sentences, False)


def sentences_at(step, rng):
    """Stories grow: of one or two sentences at first, of two to six from step 2,400 on."""
    most = 2 + min(4, step // 600)
    return rng.randint(max(1, most - 4), most)


def batch(tokenizer, seed, step, summaries):
    rng = random.Random(f"{seed}/{step}")
    sentences = sentences_at(step, rng)
    names = (PEOPLE_LOOSE, PLACES_LOOSE) if step >= LOOSE_FROM else (PEOPLE_MADE, PLACES_MADE)
    found = [told(rng, sentences, *names, summaries) for _ in range(SENTENCES_IN_STEP // (sentences + 2))]
    source = tokenizer([stories.source_of(story) for story in found], padding=True, return_tensors="pt")
    target = tokenizer([stories.target_of(story) for story in found], padding=True, return_tensors="pt").input_ids
    return source.input_ids, source.attention_mask, target.masked_fill(target == 0, -100)


def config(tokenizer):
    return transformers.T5Config(
        vocab_size=VOCABULARY, d_model=128, d_kv=16, d_ff=512, num_layers=4, num_decoder_layers=2, num_heads=8,
        relative_attention_num_buckets=32, relative_attention_max_distance=128, dropout_rate=0.0,
        feed_forward_proj="relu", decoder_start_token_id=0, pad_token_id=0, eos_token_id=1)


def optimizers(model):
    """Muon for the maps inside the blocks, Adam for embeddings, norms and biases by distance."""
    inside, rest = [], []
    for name, parameter in model.named_parameters():
        is_map = parameter.ndim == 2 and "shared" not in name and "relative" not in name
        (inside if is_map else rest).append(parameter)
    return [
        Muon(inside, lr=0.01, momentum=0.95, weight_decay=0.02),
        torch.optim.AdamW(rest, lr=3e-3, betas=(0.9, 0.98), weight_decay=0.0),
    ]


def schedule(step, steps, falling):
    return min((step + 1) / WARM_UP_STEPS, (steps - step) / (falling * steps), 1.0)


@torch.no_grad()
def answered(model, tokenizer, kept):
    """What the model says, greedy, to stories about kept names in kept orders."""
    said = []
    for i in range(0, len(kept), 50):
        source = tokenizer([stories.source_of(s) for s in kept[i:i + 50]], padding=True, return_tensors="pt")
        out = model.generate(**source, max_new_tokens=32, do_sample=False, num_beams=1)
        said += tokenizer.batch_decode(out, skip_special_tokens=True)
    return said


def measure(model, tokenizer, count, seed="kept"):
    """Shares: of exact answers, and of summaries with the right name and place."""
    rng = random.Random(seed)
    asked = [stories.question(rng, PEOPLE_KEPT, PLACES_KEPT, 3 + i % 4, True) for i in range(count)]
    summed = [stories.summary(rng, PEOPLE_KEPT, PLACES_KEPT, i % 4) for i in range(count // 2)]
    model.eval()
    exact = sum(said == s["answer"] for said, s in zip(answered(model, tokenizer, asked), asked)) / len(asked)
    right = sum(
        s["people"][0] in said.split(" ") and s["places"][0] in said.rstrip(".").split(" ")
        for said, s in zip(answered(model, tokenizer, summed), summed)) / len(summed)
    model.train()
    return exact, right


def save(model, tokenizer, out):
    """Weights in half precision; the folder that the package bundles."""
    half = transformers.T5ForConditionalGeneration(model.config)
    half.load_state_dict(model.state_dict())
    half.to(torch.float16).save_pretrained(out / "model")
    tokenizer.save_pretrained(out / "model")


def main():
    asked = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    asked.add_argument("out", type=Path)
    asked.add_argument("--steps", type=int, default=4000)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--threads", type=int, default=2)
    asked.add_argument("--resume", action="store_true")
    asked.add_argument("--from", type=Path, dest="weights")
    asked.add_argument("--begin", type=int, default=0)
    asked.add_argument("--rate", type=float, default=1.0)
    asked.add_argument("--summaries", type=float, default=0.25, help="share of stories to be summarised")
    asked = asked.parse_args()
    torch.set_num_threads(asked.threads)
    transformers.logging.set_verbosity_error()
    asked.out.mkdir(parents=True, exist_ok=True)
    tokenizer = tokenizer_of(asked.seed)
    torch.manual_seed(asked.seed)
    model = transformers.T5ForConditionalGeneration(config(tokenizer))
    if asked.weights:
        model.load_state_dict(transformers.T5ForConditionalGeneration.from_pretrained(asked.weights).state_dict())
    model.float().train()
    falling = 1.0 if asked.weights else FALLING
    both = optimizers(model)
    rates = [[group["lr"] for group in one.param_groups] for one in both]
    state, curve, step = asked.out / "state.pt", asked.out / "curve.csv", 0
    if asked.resume:
        kept = torch.load(state)
        step = kept["step"]
        model.load_state_dict(kept["model"])
        for one, saved in zip(both, kept["optimizers"]):
            one.load_state_dict(saved)
    else:
        curve.write_text("step,training loss (smoothed; nats a token),exact answers,summaries with name and place\n")
    print(f"{sum(p.numel() for p in model.parameters())} parameters, vocabulary {len(tokenizer)}", flush=True)
    begun = saved_at = time.time()
    smooth = None
    while step < asked.steps:
        source, mask, labels = batch(tokenizer, asked.seed, asked.begin + step, asked.summaries)
        loss = model(input_ids=source, attention_mask=mask, labels=labels).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(both[1].param_groups[0]["params"], 1.0)
        share = asked.rate * schedule(step, asked.steps, falling)
        for one, usual in zip(both, rates):
            for group, rate in zip(one.param_groups, usual):
                group["lr"] = rate * share
            one.step()
            one.zero_grad(set_to_none=True)
        smooth = loss.item() if smooth is None else 0.98 * smooth + 0.02 * loss.item()
        step += 1
        if step % 50 == 0:
            print(f"step {step}, {time.time() - begun:.0f} s, loss {smooth:.3f}, now {loss.item():.3f}", flush=True)
        if step % 250 == 0 or step == asked.steps:
            exact, right = measure(model, tokenizer, 200)
            print(f"kept names and orders: {exact:.1%} exact answers, {right:.1%} summaries right", flush=True)
            with curve.open("a", newline="") as file:
                csv.writer(file).writerow([asked.begin + step, f"{smooth:.4f}", f"{exact:.3f}", f"{right:.3f}"])
        if time.time() - saved_at > 300 or step == asked.steps:
            part = state.with_suffix(".part")
            torch.save(dict(step=step, model=model.state_dict(), optimizers=[o.state_dict() for o in both]), part)
            part.replace(state)
            save(model, tokenizer, asked.out)
            saved_at = time.time()


if __name__ == "__main__":
    main()
