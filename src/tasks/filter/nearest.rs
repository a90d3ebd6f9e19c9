//! The name that was meant by a misspelt one.

/// The name nearest to `wrong`, if one is near: at most a third of its letters to change, and at
/// least one may be.
pub fn nearest<'a>(wrong: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let small: Vec<char> = wrong.to_lowercase().chars().collect();
    let most = (small.len() / 3).max(1);
    names
        .into_iter()
        .map(|name| {
            (
                distance(&small, &name.to_lowercase().chars().collect::<Vec<_>>()),
                name,
            )
        })
        .filter(|(d, name)| *d <= most && *d < name.chars().count())
        .min_by_key(|(d, _)| *d)
        .map(|(_, name)| name)
}

/// Letters to insert, leave out, change or swap with their neighbour to get from one to the other
/// (optimal string alignment, Damerau 1964).
fn distance(a: &[char], b: &[char]) -> usize {
    let mut two_back: Vec<usize> = Vec::new();
    let mut back: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let change = back[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            row[j] = change.min(back[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(two_back[j - 2] + 1);
            }
        }
        two_back = std::mem::replace(&mut back, row);
    }
    back[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_of_the_hand_are_found() {
        let names = ["mag_r", "mag_g", "label", "anomaly_score"];
        assert_eq!(nearest("mga_r", names), Some("mag_r"));
        assert_eq!(nearest("LABLE", names), Some("label"));
        assert_eq!(nearest("anomalyscore", names), Some("anomaly_score"));
        assert_eq!(nearest("redshift", names), None);
        assert_eq!(nearest("x", names), None);
    }
}
