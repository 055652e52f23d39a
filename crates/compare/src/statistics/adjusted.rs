//! p adjusted for several tests.

/// Benjamini and Hochberg's adjusted p, for the false discovery rate: of m tests, the one with rank i gets the smallest
/// `p_j m / j` of all with ranks j ≥ i, at most 1. What has no p is no test, and stays without one.
///
/// Reference: Benjamini and Hochberg 1995, "Controlling the false discovery rate".
pub fn benjamini_hochberg(p: &[Option<f64>]) -> Vec<Option<f64>> {
    let mut known: Vec<(usize, f64)> =
        p.iter().enumerate().filter_map(|(place, p)| Some((place, (*p)?))).collect();
    known.sort_by(|a, b| a.1.total_cmp(&b.1));
    let tests = known.len() as f64;
    let mut adjusted = vec![None; p.len()];
    let mut smallest = 1.0_f64;
    for (rank, (place, p)) in known.into_iter().enumerate().rev() {
        smallest = smallest.min(p * tests / (rank as f64 + 1.0));
        adjusted[place] = Some(smallest);
    }
    adjusted
}
