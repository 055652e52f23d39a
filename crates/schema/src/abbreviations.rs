//! Full stops that end no sentence: abbreviations, initials, and the numbers of a list.
//!
//! Unicode's rules (UAX #29) end a sentence at any full stop that a capital follows. Here are the exceptions of
//! English, German, French and Spanish, all at once: nothing says which language a text is in. What is not here ends a
//! sentence. "etc." and "usw." are not: before a small letter Unicode's rules go on by themselves.

/// What something always follows: a name after a title, an example after "e.g.". So "I came with Dr. He left." is one
/// sentence: He is a name too.
const BEFORE_ANYTHING: [&[&str]; 4] = [ENGLISH, GERMAN, FRENCH, SPANISH];
const ENGLISH: &[&str] = &[
    "Dr.", "Mr.", "Mrs.", "Ms.", "Prof.", "St.", "Mt.", "Rev.", "Hon.", "Gov.", "Sen.", "Rep.", "Gen.",
    "Col.", "Maj.", "Capt.", "Lt.", "Sgt.", "Messrs.", "e.g.", "E.g.", "i.e.", "I.e.", "vs.", "cf.", "Cf.",
    "viz.", "approx.",
];
const GERMAN: &[&str] = &[
    "Hr.", "Hrn.", "Fr.", "Frl.", "z.B.", "z. B.", "Z.B.", "Z. B.", "d.h.", "d. h.", "D.h.", "D. h.", "bzw.",
    "vgl.", "Vgl.", "ca.", "sog.", "ggf.", "evtl.", "inkl.",
];
const FRENCH: &[&str] = &["MM.", "Mme.", "Mmes.", "Mlle.", "Mgr.", "Vve.", "p.ex.", "p. ex."];
const SPANISH: &[&str] = &[
    "Sr.", "Sra.", "Srta.", "Sres.", "Dra.", "Dña.", "Ud.", "Uds.", "EE.", "p.ej.", "p. ej.", "P.ej.",
    "P. ej.",
];

/// What a number follows: "No. 5 Main Street", but "No. That is wrong."
const BEFORE_NUMBERS: &[&str] = &[
    "No.", "Nos.", "no.", "nos.", "Vol.", "vol.", "Fig.", "fig.", "Figs.", "figs.", "Eq.", "eq.", "Sec.",
    "sec.", "Ch.", "ch.", "Art.", "art.", "p.", "pp.", "Jan.", "Feb.", "Mar.", "Apr.", "Aug.", "Sep.",
    "Sept.", "Oct.", "Nov.", "Dec.", "Nr.", "nr.", "Abb.", "Kap.", "Bd.", "Abs.", "Tel.", "Núm.", "núm.",
    "Pág.", "pág.", "págs.", "Cap.", "cap.", "Tab.", "Chap.", "chap.", "Éd.", "éd.",
];

/// What follows the number of a day, in German: "am 3. Mai".
const GERMAN_MONTHS: &[&str] = &[
    "Januar",
    "Februar",
    "März",
    "April",
    "Mai",
    "Juni",
    "Juli",
    "August",
    "September",
    "Oktober",
    "November",
    "Dezember",
];

/// Words that begin a sentence and are hardly ever part of a name, so that "vitamin C. It helps" is two sentences, and
/// "the U.S. Army" is in one.
const BEGINNINGS: &[&str] = &[
    "The", "He", "She", "It", "They", "We", "You", "This", "That", "These", "Those", "There", "Then", "But",
    "And", "In", "On", "At", "When", "If", "What", "Why", "How", "My", "His", "Her", "Its", "Our", "Your",
    "Their", "Not", "Now", "I", "Er", "Sie", "Es", "Wir", "Ihr", "Ich", "Das", "Aber", "Und", "Dann", "Doch",
    "Auch", "Wenn", "Il", "Elle", "Ils", "Elles", "Nous", "Vous", "Mais", "Puis", "Je", "C'est", "Él",
    "Ella", "Ellos", "Pero", "Entonces", "Luego",
];

/// Whether a sentence goes on where Unicode's rules end it: after `before`, which begins where the sentence does and
/// ends with the white space behind its full stop. A line's end always ends it.
pub(crate) fn go_on(before: &str, after: &str) -> bool {
    let said = before.trim_end();
    let ends_line = |c| matches!(c, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}');
    if !said.ends_with('.') || before[said.len()..].contains(ends_line) {
        return false;
    }
    let starts_word = |c: char| c.is_whitespace() || "([{\"'“‘«„‚¿¡—–-/".contains(c);
    let at = said.char_indices().rev().find(|(_, c)| starts_word(*c));
    let (earlier, last) = said.split_at(at.map_or(0, |(at, c)| at + c.len_utf8()));
    let next = after.split(|c: char| c.is_whitespace() || ".,;:!?…)".contains(c)).next().unwrap_or_default();
    let number = last
        .strip_suffix('.')
        .filter(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()));
    let letters = letters(last);
    // The number of a list's entry, with which the sentence begins: "1. First", "A. The cat".
    if earlier.trim().is_empty() && (number.is_some() || letters == Some(1)) {
        return true;
    }
    let ends_with = |abbreviation: &&str| {
        said.strip_suffix(*abbreviation)
            .is_some_and(|before| before.is_empty() || before.ends_with(starts_word))
    };
    if BEFORE_ANYTHING.into_iter().flatten().any(ends_with) {
        return true;
    }
    if BEFORE_NUMBERS.contains(&last) && after.starts_with(|c: char| c.is_numeric()) {
        return true;
    }
    if number.is_some_and(|digits| (1..=2).contains(&digits.len())) && GERMAN_MONTHS.contains(&next) {
        return true;
    }
    match letters {
        // "So did I." ends more often than "by I. Newton" goes on.
        Some(1) if last == "I." && follows_small_word(earlier) => false,
        // Initials, "U.S. Army", "z. B. Berlin"; but "5 p.m." may end a sentence.
        Some(n) => (n == 1 || last.contains(char::is_uppercase)) && !BEGINNINGS.contains(&next),
        None => false,
    }
}

/// How many letters a word is that has a full stop after each: 2 for "U.S."; `None` for any other.
fn letters(word: &str) -> Option<usize> {
    let mut letters = 0;
    for letter in word.strip_suffix('.')?.split('.') {
        let mut characters = letter.chars();
        let alone = characters.next().is_some_and(char::is_alphabetic) && characters.next().is_none();
        alone.then(|| letters += 1)?;
    }
    Some(letters)
}

/// Whether the word before begins with a small letter.
fn follows_small_word(earlier: &str) -> bool {
    let word = earlier.split_whitespace().next_back();
    word.is_some_and(|word| word.starts_with(char::is_lowercase))
}
