"""Short made-up stories, questions about them with their answers and evidence, and summaries in a sentence.

A story is a list of sentences. People, places and things are drawn for each story; what a question asks for has one
answer in it. `{X}` and the like are places for words.
"""
import random

THINGS = """lamb|cloak|lamp|sword|ring|scroll|harp|loaf|basket|rope|shield|tent|jar|goat|drum|plough|net|boat|stone|key|coat|
staff|bowl|blanket|horn|crown|wheel|saddle|pearl|mirror""".replace("\n", "").split("|")
TRADES = "shepherd|potter|weaver|fisher|baker|scribe|judge|smith|singer|tanner|farmer|merchant".split("|")

# Kind: sentences, then questions with the place that is the answer.
EVENTS = {
    "went": (
        ["{X} went to {P}.", "{X} travelled to {P}.", "In the morning {X} went down to {P}.", "Then {X} rode to {P}."],
        [("Who {verb} to {P}?", "X"), ("Where did {X} go?", "P")],
    ),
    "gave": (
        ["{X} gave a {O} to {Y}.", "{X} gave {Y} a {O}.", "After that {X} gave a {O} to {Y}."],
        [("Who gave a {O} to {Y}?", "X"), ("To whom did {X} give a {O}?", "Y"), ("What did {X} give to {Y}?", "O"),
         ("Who gave a {O} to somebody?", "X"), ("Who got a {O}?", "Y")],
    ),
    "met": (
        ["{X} met {Y} in {P}.", "In {P} {X} met {Y}.", "One day {X} met {Y} in {P}."],
        [("Who met {Y}?", "X"), ("Whom did {X} meet?", "Y"), ("Where did {X} meet {Y}?", "P"),
         ("Who met somebody in {P}?", "X")],
    ),
    "lived": (
        ["{X} lived in {P}.", "{X} was a {T} in {P}.", "A {T} named {X} lived in {P}."],
        [("Who lived in {P}?", "X"), ("Where did {X} live?", "P")],
    ),
    "bought": (
        ["{X} bought a {O} from {Y}.", "Later {X} bought a {O} from {Y}.", "From {Y} {X} bought a {O}."],
        [("Who bought a {O}?", "X"), ("What did {X} buy?", "O"), ("From whom did {X} buy a {O}?", "Y"),
         ("Who sold a {O}?", "Y")],
    ),
    "found": (
        ["{X} found a {O} in {P}.", "In {P} {X} found a {O}.", "Some days later {X} found a {O} in {P}."],
        [("Who found a {O}?", "X"), ("Where did {X} find a {O}?", "P"), ("What did {X} find?", "O"),
         ("What was found in {P}?", "O")],
    ),
    "wrote": (
        ["{X} wrote a letter to {Y}.", "In those days {X} wrote to {Y}.", "{X} wrote to {Y} about it."],
        [("Who wrote to {Y}?", "X"), ("To whom did {X} write?", "Y")],
    ),
    "lost": (
        ["{X} lost a {O} in {P}.", "In {P} {X} lost a {O}."],
        [("Who lost a {O}?", "X"), ("Where did {X} lose a {O}?", "P"), ("What did {X} lose?", "O")],
    ),
}
# The one whom a summary is about, and what it says.
PLOTS = [
    (["There was a {T} named {X}.", "{X} left home and went to {P}.", "There {X} met {Y}.", "{Y} gave {X} a {O}."],
     "{X} went to {P} and got a {O} from {Y}."),
    (["There was a {T} named {X}.", "{X} went to {P}.", "A robber took the {O} of {X}.", "But {Y} brought it back."],
     "{Y} brought back the {O} that {X} lost in {P}."),
    (["There was a {T} named {X}.", "In {P} {X} saw a {O}.", "{Y} sold it for ten coins.", "{X} was glad."],
     "{X} bought a {O} from {Y} in {P}."),
    (["There was a {T} named {X}.", "{X} built a house in {P}.", "{Y} came to help.", "They found a {O} in the ground."],
     "{X} and {Y} built a house in {P} and found a {O}."),
]
KINDS = sorted(EVENTS)


def kept_order(kinds):
    """Whether three kinds of sentences one after another are an order that is kept for tests (one of eight)."""
    for i in range(len(kinds) - 2):
        a, b, c = (KINDS.index(kind) for kind in kinds[i:i + 3])
        if (a * 5 + b * 3 + c) % 8 == 0:
            return True
    return False


def order(rng, count, kept):
    """Kinds of sentences; with one of the orders kept for tests, or with none."""
    while True:
        kinds = [rng.choice(KINDS) for _ in range(count)]
        if count < 3 or kept_order(kinds) == kept:
            return kinds


def fill(text, roles):
    for name, value in roles.items():
        text = text.replace("{" + name + "}", value)
    return text


def happenings(rng, kinds, people, places, things):
    """Sentences with the roles that they were filled with."""
    found = []
    for kind in kinds:
        x, y = rng.sample(people, 2)
        roles = {"X": x, "Y": y, "P": rng.choice(places), "O": rng.choice(things), "T": rng.choice(TRADES)}
        found.append((kind, rng.choice(EVENTS[kind][0]), roles))
    return found


def answers(asked, role, kind, events):
    """Every answer that the story has for a question: what stands in `role` where all other words of it agree."""
    names = [name for name in "XYPO" if "{" + name + "}" in asked[0]]
    return [
        other["roles"][role] for other in events
        if other["kind"] == kind and all(other["roles"][name] == asked[1][name] for name in names)
    ]


def question(rng, names, places, count, kept):
    """A story, a question that it answers once, the answer, and the sentence that says so."""
    while True:
        kinds = order(rng, count, kept)
        people = names.some(rng, min(6, count + 2) if count < 4 else rng.randint(4, 6))
        where = places.some(rng, rng.randint(3, 4))
        things = rng.sample(THINGS, 4)
        events = [dict(kind=k, text=t, roles=r) for k, t, r in happenings(rng, kinds, people, where, things)]
        evidence = rng.randrange(count)
        event = events[evidence]
        asked, role = rng.choice(EVENTS[event["kind"]][1])
        used = [name for name in "XYPO" if "{" + name + "}" in event["text"]]
        if role not in used or any("{" + n + "}" in asked and n not in used for n in "XYPO"):
            continue
        if len(answers((asked, event["roles"]), role, event["kind"], events)) != 1:
            continue
        asked = asked.replace("{verb}", "travelled" if "travelled" in event["text"] else "went")
        return dict(
            sentences=[fill(e["text"], e["roles"]) for e in events],
            question=fill(asked, event["roles"]), answer=event["roles"][role], role=role, evidence=evidence,
            people=people, places=where, events=events, asked=asked)


def exchanged(rng, story):
    """The same story with another of its names where the evidence says the answer, which makes that name the answer;
    `None` where there is no such story."""
    event, role = story["events"][story["evidence"]], story["role"]
    kind = story["places"] if role == "P" else story["people"]
    told = " ".join(story["sentences"])
    others = [name for name in kind if name in told and name not in event["roles"].values()]
    if role == "O" or not others:
        return None
    other = rng.choice(others)
    changed = dict(event, roles=dict(event["roles"], **{role: other}))
    events = [changed if e is event else e for e in story["events"]]
    if answers((story["asked"], changed["roles"]), role, event["kind"], events) != [other]:
        return None
    return dict(
        story, events=events, sentences=[fill(e["text"], e["roles"]) for e in events], answer=other,
        question=fill(story["asked"], event["roles"]))


def summary(rng, names, places, count):
    """A story about one person, among sentences about others, and its summary."""
    people, where = names.some(rng, 5), places.some(rng, 3)
    things = rng.sample(THINGS, 4)
    told, said = rng.choice(PLOTS)
    roles = {"X": people[0], "Y": people[1], "P": where[0], "O": things[0], "T": rng.choice(TRADES)}
    sentences = [fill(text, roles) for text in told]
    others = happenings(rng, [rng.choice(KINDS) for _ in range(count)], people[2:], where[1:], things[1:])
    for _, text, other in others:
        sentences.insert(rng.randint(0, len(sentences)), fill(text, other))
    return dict(sentences=sentences, summary=fill(said, roles), people=people, places=where)


def source_of(story):
    text = " ".join(story["sentences"])
    if "question" in story:
        return f"question: {story['question']} context: {text}"
    return f"summarize: {text}"


def target_of(story):
    return story.get("answer") or story["summary"]
