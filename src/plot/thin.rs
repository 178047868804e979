//! Few points that look like many.

use super::scene::Point;

/// More points than these are thinned out by stretches before anything else.
const LONGEST: usize = 20_000;

/// A curve of few points, at most about `most`, that looks like the given one; places are in
/// pixels, in the order of the curve.
pub(super) fn thin_out(points: &[Point], most: usize) -> Vec<Point> {
    let simple = simplify(&extremes(points, LONGEST), 0.25);
    extremes(&simple, most)
}

/// Of more than `most` points, the lowest and the highest of each stretch, in order.
fn extremes(points: &[Point], most: usize) -> Vec<Point> {
    if points.len() <= most {
        return points.to_vec();
    }
    let mut thin = Vec::with_capacity(most + 2);
    thin.push(points[0]);
    for stretch in points.chunks(points.len().div_ceil(most / 2)) {
        let places = || 0..stretch.len();
        let low = places().min_by(|&a, &b| stretch[a].1.total_cmp(&stretch[b].1));
        let high = places().max_by(|&a, &b| stretch[a].1.total_cmp(&stretch[b].1));
        if let (Some(low), Some(high)) = (low, high) {
            thin.extend([stretch[low.min(high)], stretch[low.max(high)]]);
        }
    }
    thin.extend(points.last());
    thin.dedup();
    thin
}

/// A line that keeps within `tolerance` of the given one, with fewer points. The method of Douglas
/// and Peucker.
pub(super) fn simplify(points: &[Point], tolerance: f64) -> Vec<Point> {
    let mut keep = vec![false; points.len()];
    for end in [0, points.len().saturating_sub(1)] {
        keep.iter_mut()
            .skip(end)
            .take(1)
            .for_each(|keep| *keep = true);
    }
    let mut open = vec![(0, points.len().saturating_sub(1))];
    while let Some((start, end)) = open.pop() {
        let (a, b) = match (points.get(start), points.get(end)) {
            (Some(a), Some(b)) => (*a, *b),
            _ => continue,
        };
        let along = (b.0 - a.0, b.1 - a.1);
        let length = along.0.hypot(along.1);
        let distance = |point: Point| {
            let from = (point.0 - a.0, point.1 - a.1);
            match length > 0.0 {
                true => (from.0 * along.1 - from.1 * along.0).abs() / length,
                false => from.0.hypot(from.1),
            }
        };
        let between = (start + 1..end).map(|i| (i, distance(points[i])));
        let furthest = between.max_by(|a, b| a.1.total_cmp(&b.1));
        if let Some((i, _)) = furthest.filter(|(_, distance)| *distance > tolerance) {
            keep[i] = true;
            open.extend([(start, i), (i, end)]);
        }
    }
    let kept = points.iter().zip(keep).filter(|(_, keep)| *keep);
    kept.map(|(point, _)| *point).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_simpler_line_stays_near() {
        let circle: Vec<Point> = (0..=360)
            .map(|i| f64::from(i).to_radians())
            .map(|angle| (100.0 * angle.cos(), 100.0 * angle.sin()))
            .collect();
        let simple = simplify(&circle, 0.4);
        assert!((20..80).contains(&simple.len()), "{}", simple.len());
        for pair in simple.windows(2) {
            let middle = ((pair[0].0 + pair[1].0) / 2.0, (pair[0].1 + pair[1].1) / 2.0);
            assert!((middle.0.hypot(middle.1) - 100.0).abs() < 0.5);
        }
        assert_eq!(
            simplify(&[(0.0, 0.0), (1.0, 1.0), (2.0, 2.0)], 0.1).len(),
            2
        );
        assert!(simplify(&[], 1.0).is_empty());
    }

    #[test]
    fn extremes_and_steps_survive() {
        let value = |i: i32| if i == 4321 { 9.0 } else { f64::from(i % 7) };
        let points: Vec<Point> = (1..=50_000).map(|i| (f64::from(i), value(i))).collect();
        let thin = thin_out(&points, 600);
        assert!(thin.len() <= 602);
        assert!(thin.contains(&(4321.0, 9.0)));
        assert!(thin.windows(2).all(|pair| pair[0].0 <= pair[1].0));
        assert_eq!((thin[0].0, thin[thin.len() - 1].0), (1.0, 50_000.0));
        let steps: Vec<Point> = (0..1000)
            .map(|i| (f64::from(i), f64::from(i / 100)))
            .collect();
        assert_eq!(thin_out(&steps, 600).len(), 20, "two for each step");
    }
}
