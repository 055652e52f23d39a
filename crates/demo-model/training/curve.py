#!/usr/bin/env python3
"""Draws the curve of the bundled model's training: curve.py curve.csv KNESER_NEY XZ > curve.svg

curve.csv is what train_demo writes; the two numbers are the bits a byte of what the model is measured against.
"""
import csv, sys

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 640, 300, 56, 16, 30, 40
LOW, HIGH = 1.2, 2.0


def main():
    path, kneser_ney, xz = sys.argv[1], float(sys.argv[2]), float(sys.argv[3])
    with open(path, newline="") as file:
        points = [(int(row[0]), float(row[3])) for row in list(csv.reader(file))[1:]]
    steps = points[-1][0]
    x = lambda step: LEFT + (WIDTH - LEFT - RIGHT) * step / steps
    y = lambda bits: TOP + (HEIGHT - TOP - BOTTOM) * (HIGH - bits) / (HIGH - LOW)
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}" '
        'font-family="sans-serif" font-size="12">',
        "<title>The bundled model: bits a byte on held-out text while it was trained</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        f'<text x="{LEFT}" y="18" font-weight="bold">Bits a byte on held-out text</text>',
    ]
    for bits in (1.2, 1.4, 1.6, 1.8, 2.0):
        out.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(bits):.1f}" y2="{y(bits):.1f}" stroke="#ddd"/>'
                   f'<text x="{LEFT - 8}" y="{y(bits) + 4:.1f}" text-anchor="end">{bits:.1f}</text>')
    for step in range(0, steps + 1, steps // 5):
        anchor = "end" if step == steps else "middle"
        out.append(f'<text x="{x(step):.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="{anchor}">{step}</text>')
    out.append(f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 6}" text-anchor="middle">step (4,096 tokens each)</text>')
    for bits, label in ((kneser_ney, "Kneser–Ney 5-gram"), (xz, "xz -9")):
        out.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(bits):.1f}" y2="{y(bits):.1f}" stroke="#c0392b" '
                   f'stroke-dasharray="5 4"/><text x="{WIDTH - RIGHT}" y="{y(bits) - 5:.1f}" text-anchor="end" '
                   f'fill="#c0392b">{label} {bits:.3f}</text>')
    falls = x(0.7 * steps)
    out.append(f'<line x1="{falls:.1f}" x2="{falls:.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}" stroke="#999" stroke-dasharray="2 3"/>'
               f'<text x="{falls - 4:.1f}" y="{TOP + 12}" text-anchor="end" fill="#555">the rate begins to fall</text>')
    line = " ".join(f"{x(step):.1f},{y(bits):.1f}" for step, bits in points)
    step, bits = points[-1]
    out.append(f'<polyline points="{line}" fill="none" stroke="#1f4e79" stroke-width="2"/>'
               f'<circle cx="{x(step):.1f}" cy="{y(bits):.1f}" r="3.5" fill="#1f4e79"/>'
               f'<text x="{x(step) - 6:.1f}" y="{y(bits) + 16:.1f}" text-anchor="end" fill="#1f4e79">the bundled model {bits:.3f}</text>')
    print("\n".join([*out, "</svg>"]))


main()
