//! Who takes which row, in kernels on rows: `teams.cuh`.

use crate::device::Threads;

/// Threads for rows, and how many of them take a row together. The numbers of a row are `inner` apart.
pub(crate) fn teams(rows: usize, length: usize, inner: usize) -> (Threads, u32) {
    /// A warp does not take longer rows.
    const LONG: usize = 1 << 10;
    /// So many warps keep a GPU busy; when rows are fewer, shorter ones get a block, too.
    const MANY: usize = 1 << 9;
    const WORTH_A_BLOCK: usize = 1 << 7;
    if length > LONG || (rows < MANY && length > WORTH_A_BLOCK) {
        let team = if length > 8 * LONG { 1024 } else { 256 };
        let threads = Threads {
            blocks: [rows, 1, 1],
            threads: team,
        };
        return (threads, team);
    }
    // Where numbers lie apart, those of neighboring rows are neighbors.
    let team = match inner {
        1 => length.next_power_of_two().min(32),
        _ => 1,
    };
    (Threads::each(rows * team), team as u32)
}
