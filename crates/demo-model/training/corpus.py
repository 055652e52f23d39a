#!/usr/bin/env python3
"""Makes the demo model's training text from free texts in Debian packages.

usage: corpus.py FOLDER > corpus.txt

FOLDER holds the unpacked packages bible-kjv, bible-kjv-text, rust-doc, dict-devil, dict-jargon and sqlite3-doc:

    apt-get download bible-kjv bible-kjv-text rust-doc dict-devil dict-jargon sqlite3-doc
    for deb in *.deb; do dpkg -x "$deb" FOLDER; done

The text of the King James Bible, a chapter a document; every page of the Rust books, a page a document, in sorted
order; the Devil's Dictionary and the Jargon File, an entry a document; SQLite's documentation, a page a document.
Documents are separated by a line `<|endoftext|>`. The same packages give the same bytes; the SHA-256 is printed on
standard error.
"""
import gzip, hashlib, html.parser, pathlib, re, subprocess, sys

BOOKS = ["book", "edition-guide", "embedded-book", "nomicon", "reference", "rust-by-example", "rustc", "rustdoc"]
BLOCKS = {"p", "li", "h1", "h2", "h3", "h4", "td", "dt", "dd"}
SKIPPED = {"pre", "script", "style", "nav", "button", "table"}


class Prose(html.parser.HTMLParser):
    """The prose of a page's <main>: paragraphs, headings and list items, without code blocks."""

    def __init__(self, inside=False):
        super().__init__()
        self.paragraphs, self.words, self.inside, self.skipping = [], [], inside, 0

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


def dictionary(folder, name):
    """The entries of a dictd dictionary: a headword's line, then its paragraphs, wrapped lines joined."""
    data = gzip.decompress((folder / f"usr/share/dictd/{name}.dict.dz").read_bytes())
    text = data.decode("utf-8", errors="replace")
    text = re.sub(r"\{\s*([^{}]*?)\s*\}", lambda link: re.sub(r"\s+", " ", link[1]), text)
    entry = []
    for paragraph in re.split(r"\n\s*\n", text):
        prose = re.sub(r"\s+", " ", paragraph).strip()
        if devils_verse(name, paragraph) or not prose:
            continue
        # A headword is set at the margin; what belongs to it is indented, in the Jargon File.
        headword = re.match(r"[A-Z' -]+, " if name == "devil" else r"\S", paragraph)
        if headword and entry:
            yield "\n\n".join(entry)
            entry = []
        entry.append(prose)
    if entry:
        yield "\n\n".join(entry)


def devils_verse(name, paragraph):
    return name == "devil" and re.match(r"\s{4}", paragraph)


def sqlite(folder):
    root = folder / "usr/share/doc/sqlite3"
    for page in sorted([*root.glob("*.html"), *root.glob("c3ref/*.html")]):
        html = page.read_text(encoding="utf-8", errors="replace")
        prose = Prose(inside=True)
        prose.feed(html[html.find("<h1") if "<h1" in html else html.find("</div>\n</div>\n</div>"):])
        prose.flush()
        paragraphs = [text for text in prose.paragraphs if "last modified" not in text]
        text = "\n\n".join(paragraphs)
        if len(text) > 400:
            yield text


def main():
    folder = pathlib.Path(sys.argv[1])
    dictionaries = [entry for name in ("devil", "jargon") for entry in dictionary(folder, name) if len(entry) > 100]
    documents = [*bible(folder), *books(folder), *dictionaries, *sqlite(folder)]
    data = ("\n<|endoftext|>\n".join(documents) + "\n").encode()
    sys.stdout.buffer.write(data)
    digest = hashlib.sha256(data).hexdigest()
    print(f"{len(documents)} documents, {len(data)} bytes, SHA-256 {digest}", file=sys.stderr)


main()
