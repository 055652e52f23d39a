"""Files that Python's gguf writes, and what it reads of them.

    python3 generate.py OUT

needs gguf 0.19.0 and numpy 2.4.6. OUT/every-type.gguf has a key of every type of value and a tensor of every type that
is read, at an alignment of 64; OUT/big-endian.gguf is one of the other byte order. OUT/expected.json holds keys, values
and tensors as gguf.GGUFReader reads them: shapes slowest first, places in the file, SHA-256 of the numbers in float32.
"""

import hashlib
import json
import sys
from pathlib import Path

import gguf
import numpy as np
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType as Type, GGUFValueType as Value

TYPES = "F32 F16 BF16 Q4_0 Q4_1 Q5_0 Q5_1 Q8_0 Q2_K Q3_K Q4_K Q5_K Q6_K".split()


def write(path: Path) -> None:
    random = np.random.default_rng(17)
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_custom_alignment(64)
    writer.add_uint8("a.uint8", 200)
    writer.add_int8("a.int8", -100)
    writer.add_uint16("a.uint16", 60_000)
    writer.add_int16("a.int16", -30_000)
    writer.add_uint32("a.uint32", 4_000_000_000)
    writer.add_int32("a.int32", -2_000_000_000)
    writer.add_uint64("a.uint64", 1 << 63)
    writer.add_int64("a.int64", -(1 << 62))
    writer.add_float32("a.float32", 1e-5)
    writer.add_float64("a.float64", 1e-5)
    writer.add_bool("a.bool", True)
    writer.add_string("a.string", "é 中 🚀")
    writer.add_string("an.empty.string", " ")
    writer.add_array("some.strings", ["<s>", "▁the", "🚀", "", "Ġa b"])
    writer.add_array("some.integers", [3, -1, 1 << 30])
    writer.add_array("some.floats", [0.5, -1e30, 3.0])
    writer.add_array("some.bools", [True, False])
    writer.add_key_value("some.bytes", bytes([0, 128, 255]), Value.ARRAY, Value.UINT8)
    for name in TYPES:
        kind = Type[name]
        block, size = GGML_QUANT_SIZES[kind]
        numbers = random.standard_normal((3, 512)).astype(np.float32)
        if name == "F32":
            stored = numbers
        elif name == "F16":
            stored = numbers.astype(np.float16)
        elif name.endswith("_K"):
            # gguf can't write these: random bytes of finite scales.
            stored = random.integers(0, 60, (3, 512 // block * size), np.uint8)
        else:
            stored = gguf.quantize(numbers, kind)
        writer.add_tensor(f"{name}.weight", stored, raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def main(out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    path = out / "every-type.gguf"
    write(path)
    reader = gguf.GGUFReader(path)
    values = {}
    for key, field in reader.fields.items():
        if key.startswith("GGUF."):
            continue
        value = field.contents()
        # JSON has no bytes.
        values[key] = list(value) if isinstance(value, bytes) else value
    tensors = []
    for tensor in reader.tensors:
        shape = [int(n) for n in reversed(tensor.shape)]
        numbers = gguf.dequantize(tensor.data, tensor.tensor_type).astype("<f4")
        assert np.isfinite(numbers).all() and list(numbers.shape) == shape
        tensors.append(
            {
                "name": tensor.name,
                "type": tensor.tensor_type.name,
                "dims": shape,
                "start": int(tensor.data_offset),
                "bytes": int(tensor.n_bytes),
                "sha256": hashlib.sha256(numbers.tobytes()).hexdigest(),
            }
        )
    expected = {"values": values, "tensors": tensors}
    (out / "expected.json").write_text(json.dumps(expected, indent=1, ensure_ascii=False) + "\n")
    big = gguf.GGUFWriter(out / "big-endian.gguf", "llama", endianess=gguf.GGUFEndian.BIG)
    big.write_header_to_file()
    big.write_kv_data_to_file()
    big.write_tensors_to_file()
    big.close()


main(Path(sys.argv[1]))
