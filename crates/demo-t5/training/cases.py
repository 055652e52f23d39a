"""Writes the stories of the tests: names and orders of sentences that the training never tells.

    python cases.py > ../tests/stories.jsonl

A line is a question (`source`, `answer`) or a summary (`source`, `name`, `place`): 500 questions, 250 summaries, and more
questions whose answers are names. Of a question whose answer is a name
and can be exchanged: `names`, where every name of the story stands in the source (first and last byte), `evidence`,
which of them says the answer, and `exchanged` with `other`, the source that has another name there, and that name.
"""
import json
import random
import re

import stories
from names import KEPT_PEOPLE, KEPT_PLACES, KeptNames

QUESTIONS, SUMMARIES, MORE = 500, 250, 500


def asked(rng, people, places, sentences):
    story = stories.question(rng, people, places, sentences, True)
    case = dict(source=stories.source_of(story), answer=story["answer"])
    other = stories.exchanged(rng, story)
    if other is not None:
        told = " ".join(story["sentences"])
        begins = len(case["source"]) - len(told)
        wanted = "|".join(rf"\b{name}\b" for name in story["people"] + story["places"])
        names = [(begins + m.start(), begins + m.end()) for m in re.finditer(wanted, told)]
        first = begins + len(" ".join(story["sentences"][:story["evidence"]] + [""]))
        sentence = range(first, first + len(story["sentences"][story["evidence"]]))
        evidence = [
            k for k, (start, end) in enumerate(names)
            if start in sentence and case["source"][start:end] == story["answer"]
        ]
        assert len(evidence) == 1, (case, evidence)
        case.update(names=names, evidence=evidence[0], exchanged=stories.source_of(other), other=other["answer"])
    return case


def main():
    rng, people, places = random.Random("tests"), KeptNames(KEPT_PEOPLE), KeptNames(KEPT_PLACES)
    for i in range(QUESTIONS):
        print(json.dumps(asked(rng, people, places, 3 + i % 4)))
    for i in range(SUMMARIES):
        story = stories.summary(rng, people, places, i % 4)
        print(json.dumps(dict(source=stories.source_of(story), name=story["people"][0], place=story["places"][0])))
    more = 0
    while more < MORE:
        case = asked(rng, people, places, 3 + more % 4)
        if "exchanged" in case:
            print(json.dumps(case))
            more += 1


main()
