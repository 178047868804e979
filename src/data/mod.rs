//! One's own data: files of other programs, read into tensors and written from them.

mod csv;
mod npy;
mod npz;
mod picture_file;
mod split;
mod table;

pub use csv::{BadLines, ReadCsv, parse_csv, read_csv, read_csv_with};
pub use npy::{load_npy, save_npy};
pub use npz::{Npz, SaveNpz, load_npz, save_npz, save_npz_with};
pub use picture_file::ColorMode;
pub(crate) use picture_file::{decode, decode_gray};
pub use split::{Samples, SplitDataset, SplitSize, split_dataset};
pub use table::{Column, ColumnType, Table};
