//! Holds the figures that the build script drew, and what they support.

const FIGURE: &str = include_str!(concat!(env!("OUT_DIR"), "/figure.svg"));
const METHODS: &str = include_str!(concat!(env!("OUT_DIR"), "/methods.svg"));

fn main() {
    assert!(FIGURE.starts_with("<svg") && FIGURE.contains("rocket"));
    assert!(METHODS.starts_with("<svg") && METHODS.contains("attn-lrp"));
    println!("figures of {} and {} bytes; {}", FIGURE.len(), METHODS.len(), env!("VERDICT"));
}
