"""Blocks of every type that is read, and the numbers that Python's gguf makes of them.

    python3 generate.py OUT

needs gguf 0.19.0 and numpy 2.4.6. OUT/TYPE.bin holds blocks, then their numbers in float32 (little-endian). Blocks of
types that gguf can write are half of them quantised normal numbers; the others are random bytes, whose float16 scales
are replaced: by random finite ones, zeros, the smallest and the largest, and infinities. (Random NaN are left out: which
of its bits survive an arithmetic operation is the machine's choice.) OUT/f16.sha256 is the hash of the float32 numbers
of all 65,536 float16, in order, NaN included, and OUT/bf16.sha256 of all bfloat16.
"""

import hashlib
import sys
from pathlib import Path

import gguf
import numpy as np
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType as Type

# Where in a block the float16 scales lie.
SCALES = {
    Type.Q4_0: [0],
    Type.Q4_1: [0, 2],
    Type.Q5_0: [0],
    Type.Q5_1: [0, 2],
    Type.Q8_0: [0],
    Type.Q2_K: [80, 82],
    Type.Q3_K: [108],
    Type.Q4_K: [0, 2],
    Type.Q5_K: [0, 2],
    Type.Q6_K: [208],
}
ODD = np.array([0x0000, 0x8000, 0x0001, 0x8001, 0x03FF, 0x0400, 0x7BFF, 0xFBFF, 0x7C00, 0xFC00], np.uint16)


def random_blocks(kind: Type, n: int, random: np.random.Generator) -> np.ndarray:
    size = GGML_QUANT_SIZES[kind][1]
    blocks = random.integers(0, 256, (n, size), np.uint8)
    for at in SCALES[kind]:
        scales = random.integers(0, 1 << 16, n, np.uint16)
        scales = np.where((scales & 0x7C00) == 0x7C00, scales & 0xBFFF, scales).astype(np.uint16)
        scales[: len(ODD)] = random.permutation(ODD)
        blocks[:, at : at + 2] = scales[:, None].view(np.uint8)
    return blocks


def main(out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(17)
    for kind in SCALES:
        block, size = GGML_QUANT_SIZES[kind]
        blocks = random_blocks(kind, 20 if block == 256 else 40, random)
        if block == 32:
            normal = random.standard_normal((24, block)).astype(np.float32)
            blocks = np.concatenate([blocks, gguf.quantize(normal, kind)])
        with np.errstate(invalid="ignore"):
            numbers = gguf.dequantize(blocks, kind)
        assert numbers.shape == (len(blocks), block) and blocks.shape[1] == size
        (out / f"{kind.name}.bin").write_bytes(blocks.tobytes() + numbers.astype("<f4").tobytes())
    every = np.arange(1 << 16, dtype="<u2").view(np.uint8)
    for kind in [Type.F16, Type.BF16]:
        numbers = gguf.dequantize(every, kind).astype("<f4").tobytes()
        (out / f"{kind.name.lower()}.sha256").write_text(hashlib.sha256(numbers).hexdigest() + "\n")


main(Path(sys.argv[1]))
