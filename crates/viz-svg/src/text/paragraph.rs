//! A paragraph of tokens set in lines: where each token is, and the text runs over it.

use crate::paint::color::Color;
use crate::scene::{Rect, Text};
use crate::text::{Cluster, clusters};
use crate::text::{bidi, font};
use saliency_schema::Token;
use std::collections::BTreeSet;
use std::ops::Range;

/// Lines of tokens.
#[derive(Debug)]
pub struct Paragraph {
    /// Clusters from left to right, with whether they are part of a word that is read to the left.
    lines: Vec<Vec<(Cluster, bool)>>,
    /// The tokens that hold something other than spaces.
    seen: BTreeSet<usize>,
    size: f64,
    line_height: f64,
    with_spaces: bool,
}

/// A stretch of one token on one line, without the spaces at its ends: they are part of the gap between words. A token
/// of nothing but spaces is all of it.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Piece {
    /// The token's position among those that were set.
    pub token: usize,
    /// The line's whole height, the stretch's width.
    pub rect: Rect,
}

impl Paragraph {
    /// Sets tokens in lines of at most `width`. Lines break where Unicode allows it (UAX #14), but not inside a token
    /// unless at its white space, or where it is longer than a line; white space at a line's end hangs.
    pub fn set(tokens: &[Token], width: f64, size: f64, line_height: f64) -> Self {
        Self::of_clusters(clusters(tokens), width, size, line_height)
    }

    /// The same for what goes on from a text that stands elsewhere: the space between the two is left out.
    pub(crate) fn continuing(tokens: &[Token], width: f64, size: f64, line_height: f64) -> Self {
        let mut clusters = clusters(tokens);
        // A first token of nothing but spaces keeps its place.
        if clusters.iter().find(|c| c.text != " ").is_some_and(|first| first.parts[0].0 == 0) {
            let spaces = clusters.iter().take_while(|c| c.text == " ").count();
            clusters.drain(..spaces);
        }
        Self::of_clusters(clusters, width, size, line_height)
    }

    fn of_clusters(clusters: Vec<Cluster>, width: f64, size: f64, line_height: f64) -> Self {
        let room = ((width / (font::ADVANCE * size)) as usize).max(2);
        let text: String = clusters.iter().map(|c| if c.ends_line { "\n" } else { &c.text }).collect();
        let whole = Wholes::of(&clusters, room);
        let breaks = unicode_linebreak::linebreaks(&text).map(|(at, _)| at);
        let mut breaks = breaks.filter(|&at| !whole.holds(at)).peekable();
        let (mut lines, mut line, mut word) = (Vec::new(), Vec::new(), Vec::new());
        let (mut at, mut line_columns) = (0, 0);
        for cluster in clusters {
            at += if cluster.ends_line { 1 } else { cluster.text.len() };
            let ends_line = cluster.ends_line;
            word.push(cluster);
            while breaks.next_if(|b| *b < at).is_some() {}
            if breaks.next_if_eq(&at).is_none() && !ends_line {
                continue;
            }
            Self::place(&mut lines, &mut line, &mut line_columns, std::mem::take(&mut word), room);
            if ends_line {
                lines.push(std::mem::take(&mut line));
                line_columns = 0;
            }
        }
        Self::place(&mut lines, &mut line, &mut line_columns, word, room);
        if !line.is_empty() {
            lines.push(line);
        }
        let base = bidi::base(&text);
        let seen = lines.iter().flatten().filter(|cluster: &&Cluster| cluster.text != " ");
        let seen = seen.flat_map(|cluster| &cluster.parts).map(|(token, _)| *token).collect();
        let lines = lines.into_iter().map(|line| ordered(line, base)).collect();
        Self { lines, seen, size, line_height, with_spaces: false }
    }

    /// The same with stretches that hold their tokens' spaces, but for those at a line's ends.
    pub(crate) fn with_spaces(self) -> Self {
        Self { with_spaces: true, ..self }
    }

    /// Puts a word, with the white space behind it, on the line or on the next.
    fn place(
        lines: &mut Vec<Vec<Cluster>>,
        line: &mut Vec<Cluster>,
        line_columns: &mut usize,
        word: Vec<Cluster>,
        room: usize,
    ) {
        let space = word.iter().rev().take_while(|c| c.text == " " || c.ends_line).count();
        let columns: usize = word[..word.len() - space].iter().map(columns_of).sum();
        if *line_columns > 0 && *line_columns + columns > room {
            lines.push(std::mem::take(line));
            *line_columns = 0;
        }
        for cluster in word {
            let columns = columns_of(&cluster);
            if *line_columns + columns > room
                && *line_columns > 0
                && cluster.text != " "
                && !cluster.ends_line
            {
                lines.push(std::mem::take(line));
                *line_columns = 0;
            }
            // White space beyond the line's end hangs there, and does not pile up.
            if *line_columns > room && cluster.text == " " {
                continue;
            }
            *line_columns += columns;
            line.push(cluster);
        }
    }

    /// The whole height.
    pub fn height(&self) -> f64 {
        self.lines.len() as f64 * self.line_height
    }

    /// Every token's stretches, in order, from `(x, y)`.
    pub fn pieces(&self, x: f64, y: f64) -> Vec<Piece> {
        let mut pieces: Vec<Piece> = Vec::new();
        for (number, line) in self.lines.iter().enumerate() {
            let (top, mut left) = (y + number as f64 * self.line_height, x);
            // The token whose piece may grow; a space of its own inside it does not end it.
            let mut open = None;
            let is_blank = |(cluster, _): &(Cluster, bool)| cluster.text == " ";
            let first = line.iter().position(|placed| !is_blank(placed)).unwrap_or(line.len());
            let last = line.iter().rposition(|placed| !is_blank(placed)).unwrap_or_default();
            for (place, (cluster, leftward)) in line.iter().enumerate() {
                let is_held = self.with_spaces && (first..last).contains(&place);
                let width = columns_of(cluster) as f64 * font::ADVANCE * self.size;
                let bytes: usize = cluster.parts.iter().map(|(_, n)| n).sum();
                let parts = cluster.parts.len();
                for part in 0..parts {
                    let (token, own) = cluster.parts[if *leftward { parts - 1 - part } else { part }];
                    let width = width * own as f64 / bytes as f64;
                    if cluster.text != " " || is_held || !self.seen.contains(&token) {
                        if let Some(piece) = pieces.last_mut().filter(|_| open == Some(token)) {
                            piece.rect.width = left + width - piece.rect.x;
                        } else {
                            let rect = Rect::new(left, top, width, self.line_height);
                            pieces.push(Piece { token, rect });
                        }
                        open = Some(token);
                    } else if open != Some(token) {
                        open = None;
                    }
                    left += width;
                }
            }
        }
        pieces
    }

    /// The text runs from `(x, y)`, each of one colour. `ink` gives a token's colour.
    pub fn runs(&self, x: f64, y: f64, ink: impl Fn(usize) -> Color) -> Vec<Text> {
        let runs = self.runs_by(x, y, ink).into_iter();
        runs.map(|(color, run)| Text { color, ..run }).collect()
    }

    /// Every token's text runs, from `(x, y)`. A cluster of several tokens is the first one's.
    pub(crate) fn runs_of_tokens(&self, x: f64, y: f64) -> Vec<(usize, Text)> {
        self.runs_by(x, y, |token| token)
    }

    /// The text runs, from `(x, y)`, as long as what `key` says of a token does not change.
    fn runs_by<K: Copy + PartialEq>(&self, x: f64, y: f64, key: impl Fn(usize) -> K) -> Vec<(K, Text)> {
        let mut runs: Vec<(K, Text)> = Vec::new();
        for (number, line) in self.lines.iter().enumerate() {
            // The baseline that centres the font's ascent and descent (0.76 and 0.24 em) in the line.
            let baseline = y + (number as f64 + 0.5) * self.line_height + 0.26 * self.size;
            let mut left = x;
            let mut last = None;
            for (cluster, leftward) in line {
                let width = columns_of(cluster) as f64 * font::ADVANCE * self.size;
                let key = key(cluster.parts[0].0);
                if let Some((_, run)) = runs.last_mut().filter(|_| last == Some((key, *leftward))) {
                    // A word that is read to the left is written in the order in which it is read.
                    let at = if *leftward { 0 } else { run.text.len() };
                    run.text.insert_str(at, &cluster.text);
                    run.width += width;
                } else {
                    let mut run = Text::new(cluster.text.clone(), left, baseline, self.size, Color::BLACK);
                    run.width = width;
                    runs.push((key, run));
                }
                last = Some((key, *leftward));
                left += width;
            }
        }
        runs.retain(|(_, run)| !run.text.trim_matches(' ').is_empty());
        for (_, run) in &mut runs {
            self.tighten(run);
        }
        runs
    }

    /// Takes the spaces off a run's ends: a renderer that collapses white space would otherwise stretch the rest over
    /// the run's width.
    fn tighten(&self, run: &mut Text) {
        let advance = font::ADVANCE * self.size;
        let before = run.text.len() - run.text.trim_start_matches(' ').len();
        let after = run.text.len() - run.text.trim_end_matches(' ').len();
        run.x += before as f64 * advance;
        run.width -= (before + after) as f64 * advance;
        run.text = run.text.trim_matches(' ').to_owned();
    }
}

/// Where lines may not break: the stretches of a text that one token holds, between its spaces.
struct Wholes(Vec<Range<usize>>);

impl Wholes {
    /// The stretches that fit a line of `room` columns, in the order of the text.
    fn of(clusters: &[Cluster], room: usize) -> Self {
        let (mut wholes, mut at) = (Vec::new(), 0);
        // Of the stretch that is read: its token, where it begins, and its columns.
        let mut open: Option<(usize, usize, usize)> = None;
        for cluster in clusters {
            let length = if cluster.ends_line { 1 } else { cluster.text.len() };
            let columns = columns_of(cluster);
            let blank = cluster.text == " " || cluster.ends_line;
            // A character of two tokens belongs to the first, where a line is concerned.
            let token = cluster.parts[0].0;
            match &mut open {
                Some((own, _, so_far)) if *own == token && !blank => *so_far += columns,
                _ => {
                    let end =
                        |(_, start, columns): (usize, usize, usize)| (columns <= room).then_some(start..at);
                    wholes.extend(open.take().and_then(end));
                    open = (!blank).then_some((token, at, columns));
                }
            }
            at += length;
        }
        wholes.extend(open.filter(|(.., columns)| *columns <= room).map(|(_, start, _)| start..at));
        Self(wholes)
    }

    /// Whether a place lies inside one of them.
    fn holds(&self, at: usize) -> bool {
        let next = self.0.partition_point(|whole| whole.end <= at);
        self.0.get(next).is_some_and(|whole| whole.start < at)
    }
}

/// A line's clusters from left to right.
fn ordered(line: Vec<Cluster>, base: unicode_bidi::Level) -> Vec<(Cluster, bool)> {
    let texts: Vec<&str> = line.iter().map(|c| c.text.as_str()).collect();
    let Some(order) = bidi::visual(&texts, base) else {
        return line.into_iter().map(|cluster| (cluster, false)).collect();
    };
    let place = |placed: bidi::Placed| {
        let cluster = line[placed.index].clone();
        let text = placed.shown(&cluster.text).to_owned();
        (Cluster { text, ..cluster }, placed.leftward)
    };
    order.into_iter().map(place).collect()
}

/// Columns of a cluster; a lone combining mark takes one, so that it can be seen.
fn columns_of(cluster: &Cluster) -> usize {
    font::columns(&cluster.text).max(1)
}
