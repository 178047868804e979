//! Windows as the rows of a matrix ("im2col"), and back.

use crate::ops::matmul::Matrix;
use crate::ops::vectorized;
use crate::ops::window::WindowAxes;

/// The windows of a convolution over one picture.
pub(in crate::ops) struct Patches {
    pub(in crate::ops) axes: WindowAxes,
    pub(in crate::ops) channels: usize,
    pub(in crate::ops) groups: usize,
}

impl Patches {
    /// Numbers in a picture.
    pub(in crate::ops) fn picture(&self) -> usize {
        self.axes.iter().map(|axis| axis.input).product::<usize>() * self.channels
    }

    /// How many windows there are.
    pub(in crate::ops) fn places(&self) -> usize {
        self.axes.iter().map(|axis| axis.output).product()
    }

    /// Numbers in a window of one group.
    pub(in crate::ops) fn cells(&self) -> usize {
        self.axes.iter().map(|axis| axis.size).product::<usize>() * self.group_channels()
    }

    pub(in crate::ops) fn group_channels(&self) -> usize {
        self.channels / self.groups
    }

    /// Room for the windows of one group.
    pub(super) fn buffer(&self) -> Vec<f32> {
        vec![0.0; self.places() * self.cells()]
    }

    /// Whether the picture is its own window matrix.
    pub(in crate::ops) fn is_pointwise(&self) -> bool {
        let own = |axis: &crate::ops::window::WindowAxis| {
            axis.size == 1 && axis.stride == 1 && axis.output == axis.input && axis.before == 0
        };
        self.axes.iter().all(own) && self.groups == 1
    }

    /// Calls `visit(window offset, picture offset or none for padding, run)` for every run of
    /// neighboring cells. Along a kernel row without dilation or groups, all cells are neighbors.
    #[inline(always)]
    fn each_run(&self, group: usize, mut visit: impl FnMut(usize, Option<usize>, usize)) {
        let [planes, rows, columns] = self.axes;
        let run = self.group_channels();
        let first_channel = group * run;
        let whole_rows = columns.dilation == 1 && self.groups == 1;
        let mut to = 0;
        for plane in 0..planes.output {
            for row in 0..rows.output {
                for column in 0..columns.output {
                    let left = (column * columns.stride) as isize - columns.before as isize;
                    let inside = left >= 0 && left as usize + columns.size <= columns.input;
                    for cell_plane in 0..planes.size {
                        let plane = planes.cell(plane, cell_plane);
                        for cell_row in 0..rows.size {
                            let row = plane.zip(rows.cell(row, cell_row));
                            let start =
                                row.map(|(plane, row)| (plane * rows.input + row) * columns.input);
                            if whole_rows && inside {
                                let from =
                                    start.map(|start| (start + left as usize) * self.channels);
                                visit(to, from, columns.size * self.channels);
                                to += columns.size * self.channels;
                                continue;
                            }
                            for cell_column in 0..columns.size {
                                let from = start.zip(columns.cell(column, cell_column)).map(
                                    |(start, column)| {
                                        (start + column) * self.channels + first_channel
                                    },
                                );
                                visit(to, from, run);
                                to += run;
                            }
                        }
                    }
                }
            }
        }
    }

    /// Lays the windows of one picture out as the rows of a matrix.
    pub(super) fn gather<'a>(
        &self,
        picture: &'a [f32],
        group: usize,
        windows: &'a mut [f32],
    ) -> Matrix<'a> {
        let (places, cells) = (self.places(), self.cells());
        if self.is_pointwise() {
            return Matrix::new(picture, places, cells);
        }
        vectorized(
            #[inline(always)]
            || {
                self.each_run(group, |to, from, run| {
                    let window = &mut windows[to..to + run];
                    match from {
                        Some(from) => copy_short(&picture[from..from + run], window),
                        None => window.fill(0.0),
                    }
                });
            },
        );
        Matrix::new(windows, places, cells)
    }

    /// Adds the windows to the picture that they lie in.
    pub(super) fn scatter(&self, windows: &[f32], group: usize, picture: &mut [f32]) {
        vectorized(
            #[inline(always)]
            || {
                self.each_run(group, |from, to, run| {
                    if let Some(to) = to {
                        let cells = picture[to..to + run].iter_mut();
                        for (cell, part) in cells.zip(&windows[from..from + run]) {
                            *cell += part;
                        }
                    }
                });
            },
        );
    }
}

/// Copies a few floats; a call to `memcpy` would take longer than the copy.
#[inline(always)]
fn copy_short(from: &[f32], to: &mut [f32]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to = *from;
    }
}
