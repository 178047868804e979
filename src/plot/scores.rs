//! What scores are worth at every threshold: the points of ROC and precision-recall curves, as
//! scikit-learn computes them.

use super::labels::{class_names, count_classes, require_as_many};
use super::scene::Point;
use crate::{Error, Result, Tensor};

/// One class against all others.
pub(super) struct OneClass {
    /// What it is called; nothing where there are only two classes.
    pub(super) name: Option<String>,
    /// From the highest threshold to the lowest: how many of the class and how many others have at
    /// least this score.
    pub(super) counts: Vec<(usize, usize)>,
}

/// Two classes by the scores of the second, or each of several classes against the others.
pub(super) fn against_others(
    y_true: &Tensor,
    y_score: &Tensor,
    names: &[&str],
) -> Result<Vec<OneClass>> {
    let labels = super::labels::classes(y_true, "y_true")?;
    let columns = match *y_score.shape().dims() {
        [_] => 1,
        [_, columns] if columns > 0 => columns,
        _ => {
            return Err(Error::shape(format!(
                "argument `y_score`: expected scores of shape (n,), (n, 1) or (n, classes), got {}",
                y_score.shape()
            )));
        }
    };
    let scores = y_score.to_vec::<f64>();
    require_as_many(labels.len(), scores.len() / columns)?;
    if let Some(place) = scores.iter().position(|score| score.is_nan()) {
        let sample = place / columns;
        return Err(Error::data(format!("the score of sample {sample} is NaN"))
            .remedy("did the training diverge?"));
    }
    let classes = columns.max(2);
    let found = count_classes(&labels);
    if found > classes {
        let error = format!(
            "label {} has no score: there are {classes} classes",
            found - 1
        );
        return Err(Error::data(error));
    }
    if labels.is_empty() {
        return Err(Error::data("there are no samples"));
    }
    if columns <= 2 {
        let of_second = scores.iter().skip(columns - 1).step_by(columns);
        return Ok(vec![OneClass {
            name: None,
            counts: counts(&labels, of_second.copied(), 1),
        }]);
    }
    let names = class_names(names, classes)?;
    let all = (0..classes).zip(names);
    Ok(all
        .map(|(class, name)| OneClass {
            name: Some(name),
            counts: counts(
                &labels,
                scores.iter().skip(class).step_by(columns).copied(),
                class,
            ),
        })
        .collect())
}

/// True and false positives at every threshold, from none on.
fn counts(
    labels: &[usize],
    scores: impl Iterator<Item = f64>,
    class: usize,
) -> Vec<(usize, usize)> {
    let mut samples: Vec<(f64, bool)> = scores
        .zip(labels)
        .map(|(score, &label)| (score, label == class))
        .collect();
    samples.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut counts = vec![(0, 0)];
    let (mut found, mut mistaken) = (0, 0);
    for (i, (score, is_class)) in samples.iter().enumerate() {
        found += usize::from(*is_class);
        mistaken += usize::from(!is_class);
        // Equal scores lie on the same side of every threshold.
        let is_last = samples.get(i + 1).is_none_or(|next| next.0 != *score);
        if is_last {
            counts.push((found, mistaken));
        }
    }
    counts
}

impl OneClass {
    /// How many samples of the class there are, and how many others.
    fn totals(&self) -> (usize, usize) {
        self.counts.last().copied().unwrap_or_default()
    }

    /// False positive rate and true positive rate at every threshold where they turn; nothing
    /// without samples of both kinds.
    pub(super) fn roc(&self) -> Option<Vec<Point>> {
        let (positive, negative) = self.totals();
        if positive == 0 || negative == 0 {
            return None;
        }
        let point = |&(found, mistaken): &(usize, usize)| {
            (
                mistaken as f64 / negative as f64,
                found as f64 / positive as f64,
            )
        };
        let counts = &self.counts;
        let turns = (0..counts.len()).filter(|&i| {
            // scikit-learn keeps the first threshold and the last one.
            let Some(after) = counts.get(i + 1).filter(|_| i > 1) else {
                return true;
            };
            let (before, here) = (counts[i - 1], counts[i]);
            here.0 - before.0 != after.0 - here.0 || here.1 - before.1 != after.1 - here.1
        });
        Some(turns.map(|i| point(&counts[i])).collect())
    }

    /// Recall and precision at every threshold, from the highest one on; nothing without samples of
    /// the class.
    pub(super) fn precision_recall(&self) -> Option<Vec<Point>> {
        let (positive, _) = self.totals();
        if positive == 0 {
            return None;
        }
        let points = self.counts.iter().map(|&(found, mistaken)| {
            let predicted = found + mistaken;
            let precision = match predicted {
                0 => 1.0,
                predicted => found as f64 / predicted as f64,
            };
            (found as f64 / positive as f64, precision)
        });
        Some(points.collect())
    }

    /// The share of the samples that are of the class.
    pub(super) fn share(&self) -> f64 {
        let (positive, negative) = self.totals();
        positive as f64 / (positive + negative).max(1) as f64
    }
}

/// The area under straight lines between points.
///
/// scikit-learn: `auc`.
pub(super) fn area(points: &[Point]) -> f64 {
    let pieces = points.windows(2);
    pieces
        .map(|pair| (pair[1].0 - pair[0].0) * (pair[1].1 + pair[0].1) / 2.0)
        .sum()
}

/// The mean of the precisions, weighted by how much recall each of them gains.
///
/// scikit-learn: `average_precision_score`.
pub(super) fn average_precision(points: &[Point]) -> f64 {
    let pieces = points.windows(2);
    pieces.map(|pair| (pair[1].0 - pair[0].0) * pair[1].1).sum()
}
