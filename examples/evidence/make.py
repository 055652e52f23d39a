"""Writes the cases of `saliency compare --cases`: texts whose answer comes from known words.

    python make.py

stories.jsonl: 250 of the bundled T5's stories (crates/demo-t5/tests/stories.jsonl, made of names and orders of sentences
that its training never tells). Candidates are the names of the story; the evidence is the one that says the answer.
names.jsonl: 300 lists of eight names, told twice, that begin again, for the bundled GPT-2 (names that its training on
lists kept out, crates/demo-model/tests/demo.rs). The next name is known from its two mentions. Candidates are the names
of both lists; exchanging puts a name that the list lacks in the evidence's place. What stands after the lists says which
name is next, and is needed as much, but it is no answer.
"""
import json
import pathlib
import random
import re

HERE = pathlib.Path(__file__).parent
CRATES = HERE / "../../crates"
STORIES, LISTS, NAMES = 250, 300, 8


def line(text, answer, evidence, exchanged, other, **more):
    exchanged = dict(text=exchanged, answer=other)
    return json.dumps(dict(text=text, answer=answer, evidence=evidence, **more, exchanged=exchanged))


def stories():
    lines = (CRATES / "demo-t5/tests/stories.jsonl").read_text().splitlines()
    cases = [case for case in map(json.loads, lines) if "exchanged" in case]
    for case in cases[:STORIES]:
        assert case["source"].isascii()
        at = [case["names"][case["evidence"]]]
        yield line(case["source"], case["answer"], at, case["exchanged"], case["other"], candidates=case["names"])


def lists():
    source = (CRATES / "demo-model/tests/demo.rs").read_text()
    known = re.findall(r'"(\w+)"', source[source.index("const NAMES"):source.index("];")])
    assert len(known) == 48
    rng = random.Random("names")
    for case in range(LISTS):
        *names, new = rng.sample(known, NAMES + 1)
        place, joint = 2 + case % (NAMES - 3), [" ", ", ", " and "][case % 3]

        def text(first):
            told = joint.join(first * 2 + first[:place])
            return f" {told}{joint}".rstrip()

        other = names[:place] + [new] + names[place + 1:]
        evidence = [m.span() for m in re.finditer(rf"\b{names[place]}\b", text(names))]
        assert len(evidence) == 2
        told = [m.span() for m in re.finditer(r"\b[A-Z]\w+", text(names))][:2 * NAMES]
        yield line(text(names), f" {names[place]}", evidence, text(other), f" {new}", candidates=told)


for name, cases in [("stories", stories()), ("names", lists())]:
    (HERE / f"{name}.jsonl").write_text("\n".join(cases) + "\n")
