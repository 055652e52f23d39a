"""Writes SmolLM2 out of its GGUF file in Hugging Face's layout, in float32, for programs that read no GGUF.

usage: smollm2.py FOLDER FILE.gguf
"""

import pathlib
import sys

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

folder, file = map(pathlib.Path, sys.argv[1:])
where = {"pretrained_model_name_or_path": file.parent, "gguf_file": file.name}
tokenizer = AutoTokenizer.from_pretrained(**where)
model = AutoModelForCausalLM.from_pretrained(**where, dtype=torch.float32)
# What would sample is in the way of greedy decoding.
model.generation_config.do_sample = False
folder.mkdir(parents=True)
model.save_pretrained(folder)
tokenizer.save_pretrained(folder)
