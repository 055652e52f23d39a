#!/usr/bin/env python3
"""Times matplotlib's and plotly's heatmaps on the shapes of draw.rs: median milliseconds, and bytes.

usage: peers.py [FOLDER] [--turns N] [--json FILE] [--ours PATH]

FOLDER holds a virtual environment with the programs below. The first run makes it, a later one fetches nothing.
PATH is the built bench draw.rs: it is run with --peers, and its rows are set beside the peers'.

A turn makes the figure from a ready array and saves it to memory, all in this process, or for plotly together with
kaleido's own process, which holds the browser. One turn before the timed ones is thrown away: it takes the imports
that come late, the font cache and the start of kaleido, so no time below has them.

The peers draw at 1200 x 800 pixels whatever the shape; PATH's charts have sizes of their own.
"""
import argparse, html, io, json, pathlib, statistics, subprocess, sys, time, venv

# kaleido 0.2.1 brings its own browser, and plotly 5.24 is the last plotly made for it. pillow writes matplotlib's PNGs.
# All have wheels for Python 3.9 to 3.12.
PINS = ["matplotlib==3.9.4", "pillow==11.3.0", "plotly==5.24.1", "kaleido==0.2.1", "numpy==2.0.2"]
HERE = pathlib.Path(__file__).resolve().parent
TITLE = "Attribution of each output token"


def environment(folder):
    """The Python of the environment in `folder`, made and filled unless it holds these very pins."""
    windows = sys.platform == "win32"
    python = folder / ("Scripts/python.exe" if windows else "bin/python")
    done = folder / "pins.txt"
    if not done.exists() or done.read_text().split() != PINS:
        venv.EnvBuilder(with_pip=True, symlinks=not windows).create(folder)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *PINS], check=True)
        done.write_text("\n".join(PINS) + "\n")
    return python


def shapes():
    """Each shape as its name, its rows and the labels of its rows."""
    run = json.loads((HERE.parent / "tests/data/run-30.json").read_text(encoding="utf-8"))
    outputs = [token["token"] for token in run["tokens"] if token["type"] == "output"]
    yield "run-30", run["attributions"], outputs
    # The same values as `shape(100, 200)` in draw.rs.
    rows = [[((row * 7919 + i * 104729) % 1000) / 1e5 for i in range(100 + row)] for row in range(200)]
    yield "100x200", rows, [f" token{100 + row}" for row in range(200)]


def rectangle(rows):
    """The ragged rows as one array, NaN where a row has no value."""
    import numpy

    array = numpy.full((len(rows), max(map(len, rows))), numpy.nan)
    for to, row in zip(array, rows):
        to[: len(row)] = row
    return array


def matplotlib_peers():
    """matplotlib both ways: imshow puts one picture into the SVG, pcolormesh one path for each cell, empty ones too."""
    import matplotlib

    matplotlib.use("Agg")
    matplotlib.rcParams["svg.fonttype"] = "none"
    import matplotlib.pyplot as plt

    def imshow(axes, array):
        return axes.imshow(array, aspect="auto", interpolation="nearest")

    def pcolormesh(axes, array):
        mesh = axes.pcolormesh(range(array.shape[1]), range(array.shape[0]), array, shading="nearest")
        axes.invert_yaxis()
        return mesh

    def save(heatmap, array, labels, form):
        figure, axes = plt.subplots(figsize=(12, 8))
        figure.colorbar(heatmap(axes, array), ax=axes)
        axes.set_title(TITLE)
        # As large as fits: the axes are about 440 points high. A dollar sign would start a formula.
        size = min(8, 440 / len(labels))
        axes.set_yticks(range(len(labels)), [label.replace("$", r"\$") for label in labels], fontsize=size)
        file = io.BytesIO()
        figure.savefig(file, format=form, dpi=100)
        plt.close(figure)
        return file

    for heatmap in (imshow, pcolormesh):
        name = f"matplotlib {matplotlib.__version__} {heatmap.__name__}"
        yield name, lambda *drawing, heatmap=heatmap: save(heatmap, *drawing)


def plotly_peers():
    """plotly's Heatmap, which puts one picture into the SVG."""
    import plotly
    import plotly.graph_objects as go
    import plotly.io

    # Without this the browser would ask a server for a library of formulas.
    plotly.io.kaleido.scope.mathjax = None

    def save(array, labels, form):
        # Labels repeat, so the rows are numbered and the labels are set as ticks. plotly reads them as HTML.
        figure = go.Figure(go.Heatmap(z=array, colorscale="Viridis"))
        size = min(11, 610 / len(labels))
        ticks = dict(tickvals=list(range(len(labels))), ticktext=[html.escape(label) for label in labels])
        figure.update_layout(title=TITLE, yaxis=dict(**ticks, tickfont_size=size, autorange="reversed"))
        return io.BytesIO(figure.to_image(format=form, width=1200, height=800))

    yield f"plotly {plotly.__version__} Heatmap", save


def measure(turns):
    """A row for each peer, shape and form."""
    drawings = [(name, rectangle(rows), labels) for name, rows, labels in shapes()]
    # matplotlib comes first, so kaleido's process is not there yet.
    for peers in (matplotlib_peers, plotly_peers):
        for program, save in peers():
            for name, array, labels in drawings:
                for form in ("svg", "png"):
                    times = []
                    for _ in range(1 + turns):
                        start = time.perf_counter()
                        file = save(array, labels, form)
                        times.append((time.perf_counter() - start) * 1e3)
                    size = len(file.getbuffer())
                    yield dict(shape=name, program=program, form=form, ms=statistics.median(times[1:]), bytes=size)


def ours(path):
    """The rows that the executable prints, tab-separated."""
    command = [path.resolve(), "--peers"]
    printed = subprocess.run(command, check=True, stdout=subprocess.PIPE, encoding="utf-8").stdout
    rows = []
    for line in printed.splitlines():
        try:
            shape, program, form, ms, size = line.split("\t")
            rows.append(dict(shape=shape, program=program, form=form, ms=float(ms), bytes=int(size)))
        except ValueError:
            sys.exit(f"{path} printed a line that is no row: {line!r}")
    return rows


def show(head, rows):
    """A Markdown table: the last two columns are numbers and stand to the right."""
    rows = [head, *rows]
    widths = [max(map(len, column)) for column in zip(*rows)]
    right = [False] * (len(head) - 2) + [True] * 2
    rows.insert(1, ["-" * (width - 1) + (":" if r else "-") for width, r in zip(widths, right)])
    for row in rows:
        cells = [cell.rjust(width) if r else cell.ljust(width) for cell, width, r in zip(row, widths, right)]
        print("|", " | ".join(cells), "|")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    default = HERE.parents[2] / "target/peers-drawing"
    parser.add_argument("folder", nargs="?", type=pathlib.Path, default=default, help="default: target/peers-drawing")
    parser.add_argument("--turns", type=int, default=7, metavar="N", help="timed turns (default: 7)")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="also write the rows here")
    parser.add_argument("--ours", type=pathlib.Path, metavar="PATH", help="the built bench draw.rs")
    options = parser.parse_args()
    if options.turns < 1:
        parser.error("--turns needs at least 1")

    python = environment(options.folder.resolve())
    if pathlib.Path(sys.prefix).resolve() != options.folder.resolve():
        sys.exit(subprocess.run([python, __file__, *sys.argv[1:]]).returncode)

    mine = ours(options.ours) if options.ours else []
    peers = list(measure(options.turns))
    order = [name for name, _, _ in shapes()]
    rows = sorted(mine + peers, key=lambda row: order.index(row["shape"]) if row["shape"] in order else len(order))
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1) + "\n")
    print(f"The peers' medians are of {options.turns} turns. Imports and the start of kaleido are left out.\n")
    cells = [[r["shape"], r["program"], r["form"], f"{r['ms']:.2f}", f"{r['bytes']:,}"] for r in rows]
    show(["shape", "program", "form", "median ms", "bytes"], cells)
    ratios = [
        [m["shape"], m["form"], m["program"], p["program"], *(f"{p[key] / m[key]:.2f}" for key in ("ms", "bytes"))]
        for m in mine
        for p in peers
        if (m["shape"], m["form"]) == (p["shape"], p["form"])
    ]
    if ratios:
        print("\nThe peer's number divided by ours: above 1, ours is faster or smaller.\n")
        show(["shape", "form", "ours", "peer", "ms", "bytes"], ratios)


if __name__ == "__main__":
    main()
