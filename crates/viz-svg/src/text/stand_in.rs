//! What is shown in place of hidden characters: their names, or their number.

/// What stands for a run of hidden characters in a text: their names, or how many there are.
pub(crate) fn stand_in(hidden: &str) -> String {
    match hidden.chars().count() {
        0..=2 => hidden.chars().map(|c| ["⟨", &name(c), "⟩"].concat()).collect(),
        count => format!("⟨{count} hidden⟩"),
    }
}

/// A character's abbreviation in Unicode's `NameAliases.txt`, or its number.
pub(crate) fn name(c: char) -> String {
    const CONTROLS: [&str; 32] = [
        "NUL", "SOH", "STX", "ETX", "EOT", "ENQ", "ACK", "BEL", "BS", "TAB", "LF", "VT", "FF", "CR", "SO",
        "SI", "DLE", "DC1", "DC2", "DC3", "DC4", "NAK", "SYN", "ETB", "CAN", "EOM", "SUB", "ESC", "FS", "GS",
        "RS", "US",
    ];
    let fixed = match c {
        '\0'..='\u{1f}' => CONTROLS[c as usize],
        '\u{7f}' => "DEL",
        '\u{85}' => "NEL",
        '\u{a0}' => "NBSP",
        '\u{ad}' => "SHY",
        '\u{34f}' => "CGJ",
        '\u{61c}' => "ALM",
        '\u{180b}' => "FVS1",
        '\u{180c}' => "FVS2",
        '\u{180d}' => "FVS3",
        '\u{180e}' => "MVS",
        '\u{180f}' => "FVS4",
        '\u{200b}' => "ZWSP",
        '\u{200c}' => "ZWNJ",
        '\u{200d}' => "ZWJ",
        '\u{200e}' => "LRM",
        '\u{200f}' => "RLM",
        '\u{202a}' => "LRE",
        '\u{202b}' => "RLE",
        '\u{202c}' => "PDF",
        '\u{202d}' => "LRO",
        '\u{202e}' => "RLO",
        '\u{202f}' => "NNBSP",
        '\u{205f}' => "MMSP",
        '\u{2060}' => "WJ",
        '\u{2066}' => "LRI",
        '\u{2067}' => "RLI",
        '\u{2068}' => "FSI",
        '\u{2069}' => "PDI",
        '\u{feff}' => "BOM",
        '\u{fe00}'..='\u{fe0f}' => return format!("VS{}", c as u32 - 0xfe00 + 1),
        '\u{e0100}'..='\u{e01ef}' => return format!("VS{}", c as u32 - 0xe0100 + 17),
        _ => return format!("U+{:04X}", c as u32),
    };
    fixed.to_owned()
}
