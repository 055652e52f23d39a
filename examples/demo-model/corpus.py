#!/usr/bin/env python3
"""Makes the demo model's training text from free texts in Debian packages.

usage: corpus.py FOLDER > corpus.txt

FOLDER holds the unpacked packages bible-kjv, bible-kjv-text and rust-doc:

    apt-get download bible-kjv bible-kjv-text rust-doc
    for deb in *.deb; do dpkg -x "$deb" FOLDER; done

The text of the King James Bible, a chapter a document, then every page of the Rust books, a page a document, in
sorted order; documents are separated by a line `<|endoftext|>`. The same packages give the same bytes; the
SHA-256 is printed on standard error.
"""
import hashlib, html.parser, pathlib, re, subprocess, sys

BOOKS = ["book", "edition-guide", "embedded-book", "nomicon", "reference", "rust-by-example", "rustc", "rustdoc"]
BLOCKS = {"p", "li", "h1", "h2", "h3", "h4", "td", "dt", "dd"}
SKIPPED = {"pre", "script", "style", "nav", "button", "table"}


class Prose(html.parser.HTMLParser):
    """The prose of a page's <main>: paragraphs, headings and list items, without code blocks."""

    def __init__(self):
        super().__init__()
        self.paragraphs, self.words, self.inside, self.skipping = [], [], False, 0

    def flush(self):
        text = re.sub(r"\s+", " ", "".join(self.words)).strip()
        if len(text) > 1:
            self.paragraphs.append(text)
        self.words = []

    def handle_starttag(self, tag, attributes):
        if tag == "main":
            self.inside = True
        elif tag in SKIPPED:
            self.skipping += 1
        elif tag in BLOCKS:
            self.flush()

    def handle_endtag(self, tag):
        if tag == "main":
            self.flush()
            self.inside = False
        elif tag in SKIPPED:
            self.skipping = max(0, self.skipping - 1)
        elif tag in BLOCKS:
            self.flush()

    def handle_data(self, data):
        if self.inside and not self.skipping:
            self.words.append(data)


def bible(folder):
    # The program looks for a relative path only.
    command = ["usr/bin/bible", "-f", "-l0", "-d", "usr/lib/bible.data", "gen1:1-rev22:21"]
    run = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    lines = run.stdout
    if "Rev22:21" not in lines and "Re22:21" not in lines:
        sys.exit("the Bible's text did not come out whole; is bible.data there?")
    chapters = {}
    for reference, chapter, verse in re.findall(r"^(\S*?[A-Za-z]+)(\d+):\d+ (.+)$", lines, re.MULTILINE):
        chapters.setdefault((reference, chapter), []).append(verse.strip())
    for verses in chapters.values():
        yield " ".join(verses)


def books(folder):
    root = folder / "usr/share/doc/rust-doc/html"
    for book in BOOKS:
        for page in sorted((root / book).rglob("*.html")):
            if page.name in ("print.html", "toc.html", "404.html"):
                continue
            prose = Prose()
            prose.feed(page.read_text(encoding="utf-8", errors="replace"))
            text = "\n\n".join(prose.paragraphs)
            if len(text) > 200:
                yield text


def main():
    folder = pathlib.Path(sys.argv[1])
    documents = [*bible(folder), *books(folder)]
    data = ("\n<|endoftext|>\n".join(documents) + "\n").encode()
    sys.stdout.buffer.write(data)
    digest = hashlib.sha256(data).hexdigest()
    print(f"{len(documents)} documents, {len(data)} bytes, SHA-256 {digest}", file=sys.stderr)


main()
