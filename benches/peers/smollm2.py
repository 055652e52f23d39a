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
read = AutoModelForCausalLM.from_pretrained(**where, dtype=torch.float32)
# What was read from GGUF is not written; the same numbers in a model of their own are.
config = read.config
if hasattr(config, "quantization_config"):
    del config.quantization_config
model = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
model.load_state_dict(read.state_dict())
model.generation_config = read.generation_config
# What would sample is in the way of greedy decoding.
model.generation_config.do_sample = False
folder.mkdir(parents=True)
model.save_pretrained(folder)
tokenizer.save_pretrained(folder)
