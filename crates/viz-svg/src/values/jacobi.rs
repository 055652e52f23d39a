//! Eigenvalues and eigenvectors of a symmetric matrix, by Jacobi's method.

/// Sweeps at the most. Convergence is quadratic: matrices of hundreds of rows take about ten.
const SWEEPS: usize = 60;

/// The eigenvalues of a symmetric matrix, the largest first, each with its eigenvector of length 1; of equal ones the
/// first on the diagonal. Signs are as they come.
///
/// Cyclic Jacobi rotations (Golub and Van Loan, Matrix Computations, 8.5) in the order of the rows, in float64 by
/// additions, multiplications, divisions and square roots alone: the same bytes on every machine. A sweep costs about
/// 4 n³ multiplications. Values must be finite.
pub(crate) fn eigen(mut a: Vec<Vec<f64>>) -> Vec<(f64, Vec<f64>)> {
    let n = a.len();
    // The rows are the eigenvectors.
    let mut vectors: Vec<Vec<f64>> =
        (0..n).map(|i| (0..n).map(|j| if i == j { 1.0 } else { 0.0 }).collect()).collect();
    let size: f64 = a.iter().flatten().map(|x| x * x).sum::<f64>().sqrt();
    for _ in 0..SWEEPS {
        let beside = |i: usize| a[i][i + 1..].iter().map(|x| x * x).sum::<f64>();
        if (0..n).map(beside).sum::<f64>().sqrt() <= 1e-16 * size {
            break;
        }
        for p in 0..n {
            for q in p + 1..n {
                rotate(&mut a, &mut vectors, p, q);
            }
        }
    }
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|&i, &j| a[j][j].total_cmp(&a[i][i]));
    order.into_iter().map(|i| (a[i][i], std::mem::take(&mut vectors[i]))).collect()
}

/// Turns rows and columns `p` and `q` so that their common entry is 0.
fn rotate(a: &mut [Vec<f64>], vectors: &mut [Vec<f64>], p: usize, q: usize) {
    let common = a[p][q];
    if common == 0.0 {
        return;
    }
    let theta = (a[q][q] - a[p][p]) / (2.0 * common);
    // The smaller of the two angles.
    let tangent = theta.signum() / (theta.abs() + (theta * theta + 1.0).sqrt());
    let tangent = if theta == 0.0 { 1.0 } else { tangent };
    let cosine = 1.0 / (tangent * tangent + 1.0).sqrt();
    let sine = tangent * cosine;
    let turned = |first: f64, second: f64| (cosine * first - sine * second, sine * first + cosine * second);
    for row in a.iter_mut() {
        (row[p], row[q]) = turned(row[p], row[q]);
    }
    for matrix in [&mut *a, vectors] {
        for k in 0..matrix[p].len() {
            (matrix[p][k], matrix[q][k]) = turned(matrix[p][k], matrix[q][k]);
        }
    }
    // But for rounding it is 0.
    (a[p][q], a[q][p]) = (0.0, 0.0);
}

#[cfg(test)]
mod tests {
    use super::eigen;

    /// `n` masses in a row between walls, with 2 on the diagonal and −1 beside it: eigenvalues
    /// 2 − 2 cos(k π / (n + 1)), eigenvectors √(2 / (n + 1)) sin(j k π / (n + 1)).
    #[test]
    fn a_chain_of_masses_has_its_closed_form() {
        for n in [1, 2, 5, 40, 100] {
            let entry = |i: usize, j: usize| match i.abs_diff(j) {
                0 => 2.0,
                1 => -1.0,
                _ => 0.0,
            };
            let found = eigen((0..n).map(|i| (0..n).map(|j| entry(i, j)).collect()).collect());
            let step = std::f64::consts::PI / (n + 1) as f64;
            for (rank, (value, vector)) in found.iter().enumerate() {
                let k = (n - rank) as f64;
                assert!((value - (2.0 - 2.0 * (k * step).cos())).abs() < 1e-12, "{n} {rank}: {value}");
                let expected = (1..=n).map(|j| (2.0 / (n + 1) as f64).sqrt() * (j as f64 * k * step).sin());
                let expected: Vec<f64> = expected.collect();
                let dot: f64 = vector.iter().zip(&expected).map(|(a, b)| a * b).sum();
                assert!((dot.abs() - 1.0).abs() < 1e-12, "{n} {rank}: {dot}");
            }
        }
    }

    /// `I − 2 w wᵀ` with a unit `w` has −1 once and 1 otherwise; all ones n once and 0 otherwise.
    #[test]
    fn equal_eigenvalues_and_none_are_found() {
        let n = 7;
        let w: Vec<f64> = (0..n).map(|i| f64::from(i) + 1.0).collect();
        let length: f64 = w.iter().map(|x| x * x).sum();
        let entry = |i: usize, j: usize| f64::from(u8::from(i == j)) - 2.0 * w[i] * w[j] / length;
        let found = eigen((0..w.len()).map(|i| (0..w.len()).map(|j| entry(i, j)).collect()).collect());
        for (rank, (value, vector)) in found.iter().enumerate() {
            assert!((value - if rank == 6 { -1.0 } else { 1.0 }).abs() < 1e-14, "{rank}: {value}");
            assert!((vector.iter().map(|x| x * x).sum::<f64>() - 1.0).abs() < 1e-14);
        }
        let found = eigen(vec![vec![1.0; 5]; 5]);
        assert!((found[0].0 - 5.0).abs() < 1e-14 && found[1..].iter().all(|(x, _)| x.abs() < 1e-14));
        assert!(eigen(Vec::new()).is_empty() && eigen(vec![vec![0.0; 3]; 3]).iter().all(|(x, _)| *x == 0.0));
    }
}
