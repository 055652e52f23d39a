//! Names of models and methods, as LIT can take them.
//!
//! LIT puts names into addresses, into keys of JavaScript objects, and into tooltips that it reads as Markdown with
//! HTML; and it hides models whose names begin with `_`.

/// The name with nothing but letters, digits, spaces and harmless punctuation.
pub(crate) fn plain(name: &str) -> String {
    let harmless = |c: char| c.is_alphanumeric() || " .,:/+-_()=@".contains(c);
    let plain: String = name.chars().map(|c| if harmless(c) { c } else { ' ' }).collect();
    let words: Vec<_> = plain.split_whitespace().collect();
    words.join(" ").trim_start_matches('_').to_owned()
}

/// The name, or with a number the first that nobody has.
pub(crate) fn unique(name: &str, taken: impl Fn(&str) -> bool) -> String {
    let numbered = |k: usize| if k == 1 { name.to_owned() } else { format!("{name} {k}") };
    let mut k = 1;
    while taken(&numbered(k)) {
        k += 1;
    }
    numbered(k)
}

#[cfg(test)]
mod tests {
    use super::{plain, unique};

    #[test]
    fn names_are_neither_markup_nor_addresses() {
        assert_eq!(plain("owner/GPT-2 (124M)@main"), "owner/GPT-2 (124M)@main");
        assert_eq!(plain("<img src=x onerror='f()'>[a](b)&c#d%?"), "img src=x onerror= f() a (b) c d");
        assert_eq!(plain("__proto__\u{202e}"), "proto__");
        assert_eq!(plain("\u{202e}"), "");
    }

    #[test]
    fn a_name_that_is_taken_gets_a_number() {
        assert_eq!(unique("a", |name| name == "a" || name == "a 2"), "a 3");
        assert_eq!(unique("a", |_| false), "a");
    }
}
