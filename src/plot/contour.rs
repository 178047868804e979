//! Lines of equal height, found by marching through the squares of a grid.

use std::collections::HashMap;

use super::scene::Point;

/// Heights at the points of a grid, row by row.
pub(super) struct Grid {
    pub(super) columns: usize,
    pub(super) rows: usize,
    pub(super) heights: Vec<f64>,
}

/// A side of a square: from which point of the grid, and whether it goes right (or down).
type Side = (usize, usize, bool);

impl Grid {
    pub(super) fn at(&self, column: usize, row: usize) -> f64 {
        self.heights[row * self.columns + column]
    }

    /// The height between points of the grid; both numbers are counted in its squares.
    pub(super) fn between(&self, x: f64, y: f64) -> f64 {
        let column = (x.max(0.0) as usize).min(self.columns.saturating_sub(2));
        let row = (y.max(0.0) as usize).min(self.rows.saturating_sub(2));
        let (right, down) = (x - column as f64, y - row as f64);
        let along =
            |row: usize| self.at(column, row) * (1.0 - right) + self.at(column + 1, row) * right;
        along(row) * (1.0 - down) + along(row + 1) * down
    }

    /// The lines of this height, counted in squares of the grid. Squares with a corner that is not
    /// finite have none.
    pub(super) fn contour(&self, level: f64) -> Vec<Vec<Point>> {
        let mut links: HashMap<Side, Vec<Side>> = HashMap::new();
        for row in 0..self.rows.saturating_sub(1) {
            for column in 0..self.columns.saturating_sub(1) {
                for (a, b) in self.pieces(column, row, level) {
                    links.entry(a).or_default().push(b);
                    links.entry(b).or_default().push(a);
                }
            }
        }
        let mut lines = Vec::new();
        let mut sides: Vec<Side> = links.keys().copied().collect();
        // Lines that end somewhere begin at an end.
        sides.sort_by_key(|side| (links[side].len(), *side));
        for start in sides {
            let mut line = vec![start];
            let mut here = start;
            while let Some(next) = links.get_mut(&here).and_then(Vec::pop) {
                if let Some(back) = links.get_mut(&next)
                    && let Some(place) = back.iter().position(|side| *side == here)
                {
                    back.swap_remove(place);
                }
                line.push(next);
                here = next;
            }
            if line.len() > 1 {
                lines.push(
                    line.iter()
                        .map(|side| self.crossing(*side, level))
                        .collect(),
                );
            }
        }
        lines
    }

    /// The pieces of lines in a square, each from one of its sides to another.
    fn pieces(&self, column: usize, row: usize, level: f64) -> Vec<(Side, Side)> {
        let corners = [
            self.at(column, row),
            self.at(column + 1, row),
            self.at(column + 1, row + 1),
            self.at(column, row + 1),
        ];
        if !corners.iter().all(|corner| corner.is_finite()) {
            return Vec::new();
        }
        let sides: [Side; 4] = [
            (column, row, true),
            (column + 1, row, false),
            (column, row + 1, true),
            (column, row, false),
        ];
        let is_high = corners.map(|corner| corner >= level);
        let crossed: Vec<usize> = (0..4)
            .filter(|&i| is_high[i] != is_high[(i + 1) % 4])
            .collect();
        match crossed[..] {
            [a, b] => vec![(sides[a], sides[b])],
            // A saddle: its middle says which corners belong together.
            [_, _, _, _] => {
                let middle = corners.iter().sum::<f64>() / 4.0 >= level;
                if middle == is_high[0] {
                    vec![(sides[0], sides[1]), (sides[2], sides[3])]
                } else {
                    vec![(sides[3], sides[0]), (sides[1], sides[2])]
                }
            }
            _ => Vec::new(),
        }
    }

    /// Where the line crosses a side.
    fn crossing(&self, (column, row, is_right): Side, level: f64) -> Point {
        let start = self.at(column, row);
        let end = match is_right {
            true => self.at(column + 1, row),
            false => self.at(column, row + 1),
        };
        let share = ((level - start) / (end - start)).clamp(0.0, 1.0);
        match is_right {
            true => (column as f64 + share, row as f64),
            false => (column as f64, row as f64 + share),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(height: impl Fn(f64, f64) -> f64) -> Grid {
        let heights = (0..21 * 21).map(|i| height((i % 21) as f64 - 10.0, (i / 21) as f64 - 10.0));
        Grid {
            columns: 21,
            rows: 21,
            heights: heights.collect(),
        }
    }

    #[test]
    fn lines_of_a_cone_are_circles() {
        let lines = grid(f64::hypot).contour(6.0);
        assert_eq!(lines.len(), 1, "one closed line");
        let line = &lines[0];
        assert_eq!(line[0], line[line.len() - 1]);
        for (x, y) in line {
            let radius = (x - 10.0).hypot(y - 10.0);
            assert!((radius - 6.0).abs() < 0.05, "{radius}");
        }
    }

    #[test]
    fn a_slope_has_straight_lines_and_a_saddle_two() {
        let lines = grid(|x, _| x).contour(2.5);
        assert_eq!(lines.len(), 1);
        assert!(lines[0].iter().all(|point| point.0 == 12.5));
        assert_eq!(lines[0].len(), 21);
        assert_eq!(grid(|x, y| x * y).contour(4.0).len(), 2);
        assert!(grid(|_, _| f64::NAN).contour(0.0).is_empty());
        assert!(grid(|_, _| 1.0).contour(1.0).is_empty());
    }
}
