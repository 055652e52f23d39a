"""What the transformers library makes of chats, by the templates beside this file.

Nothing here knows the Rust code. See README.md for the templates.

    OMP_NUM_THREADS=1 python generate.py     # writes expected.json; it stops if a self-check fails
"""

import datetime
import json
import os
import platform
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"

import jinja2
import transformers
from transformers import PreTrainedTokenizerFast
from transformers.utils import chat_template_utils

HERE = Path(__file__).resolve().parent
# The tokenizer does not count, but for the special tokens that it names.
TOKENIZER = HERE.parent / "tokenizers" / "smollm" / "tokenizer.json"
SPECIAL = {
    "bos_token": "<|im_start|>", "eos_token": "<|im_end|>", "unk_token": "<|endoftext|>", "pad_token": "<|im_end|>"}
TEMPLATES = ["smollm2", "llama3", "llama3-default-date", "mistral", "mistral-no-system", "qwen2.5", "qwen3", "words"]
# What a template says where no message of the system is given.
DEFAULTS = {
    "smollm2": "You are a helpful AI assistant named SmolLM, trained by Hugging Face",
    "qwen2.5": "You are a small model. You help where you can.",
}
# Templates that ask for today's date, and one that takes it if it is given.
ASKS, TAKES = ["llama3", "words"], ["llama3-default-date"]
CHATS = [
    (None, "Who won?"),
    ("Be brief.", "Who won?"),
    ("  Be\nbrief. ", "\n Who \u00e9 won?\n\n"),
    (None, "<|im_start|> is \"said\" & <b>'so'</b>, o\u0301 \U0001f680"),
]
DATES = ["2024-02-29", "2026-11-06", "1999-12-31"]
FORMATS = ["%d %b %Y", "%Y-%m-%d", "%A, %-d %B %Y", "%a %e %h %y", "%j", "%m/%d/%y", "%H:%M:%S %p", "%I", "%%", "%D", "%F"]


class Clock(datetime.datetime):
    day = None

    @classmethod
    def now(cls):
        if cls.day is None:
            raise ValueError("today")
        return datetime.datetime.fromisoformat(cls.day)


chat_template_utils.datetime = Clock


def render(name, system, user, date):
    template = (HERE / "templates" / f"{name}.jinja").read_text(encoding="utf-8")
    tokenizer = PreTrainedTokenizerFast(tokenizer_file=str(TOKENIZER), chat_template=template, **SPECIAL)
    messages = [{"role": "system", "content": system}] if system is not None else []
    messages.append({"role": "user", "content": user})
    Clock.day = date
    more = {"date_string": datetime.date.fromisoformat(date).strftime("%d %b %Y")} if date and name in TAKES else {}
    return tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True, **more)


def parts(name, whole, system, user):
    """Where the messages stand, by hand: as they are or without white space around them."""
    found = []
    for role, text in [("system", system or DEFAULTS.get(name)), ("user", user)]:
        if text is None:
            continue
        text = text if text in whole else text.strip()
        assert whole.count(text) == 1, (name, text, whole)
        start = len(whole[: whole.index(text)].encode())
        found.append([role, start, start + len(text.encode())])
    return found


if __name__ == "__main__":
    cases, refused = [], []
    for name in TEMPLATES:
        for system, user in CHATS:
            for date in DATES[:2] if name in ASKS else [None, DATES[0]] if name in TAKES else [None]:
                case = {"template": name, "system": system, "user": user, "date": date}
                try:
                    whole = render(name, system, user, date)
                except jinja2.exceptions.TemplateError as error:
                    refused.append({**case, "why": str(error)})
                    continue
                case["text"] = whole
                # `words` says the user's message in several ways.
                if name != "words":
                    case["parts"] = parts(name, whole, system, user)
                cases.append(case)
        try:
            render(name, None, "Who won?", None)
            assert name not in ASKS, name
        except ValueError:
            assert name in ASKS, name
    assert {case["template"] for case in refused} == {"mistral-no-system"}
    days = [
        {"date": date, "format": format, "text": datetime.datetime.fromisoformat(date).strftime(format)}
        for date in DATES for format in FORMATS
    ]
    expected = {"special": SPECIAL, "asks": ASKS, "takes": TAKES, "cases": cases, "refused": refused, "days": days}
    text = json.dumps(expected, indent=1, ensure_ascii=True)
    (HERE / "expected.json").write_text(text + "\n", encoding="utf-8")
    print(f"{len(cases)} chats, transformers {transformers.__version__}, jinja2 {jinja2.__version__}, "
          f"Python {platform.python_version()}")
