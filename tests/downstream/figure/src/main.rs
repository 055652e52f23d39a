//! Holds the figure that the build script drew.

const FIGURE: &str = include_str!(concat!(env!("OUT_DIR"), "/figure.svg"));

fn main() {
    assert!(FIGURE.starts_with("<svg") && FIGURE.contains("rocket"));
    println!("a figure of {} bytes", FIGURE.len());
}
