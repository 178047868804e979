//! The fonts of this computer, for texts in PNG files. (In an SVG, whoever shows it has fonts.)

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use ab_glyph::{Font, FontVec, GlyphId};

use super::scene::{Mark, Scene};
use crate::{Error, ErrorKind, Result};

/// Names of files that are looked at first, in this order: fonts for charts, then those with
/// Chinese, Japanese and Korean.
const PREFERRED: &[&str] = &[
    "DejaVuSans",
    "NotoSans-Regular",
    "LiberationSans-Regular",
    "Arial",
    "Helvetica",
    "Roboto-Regular",
    "segoeui",
    "NotoSansCJK-Regular",
    "NotoSansSC-Regular",
    "SourceHanSansSC-Regular",
    "wqy-microhei",
    "wqy-zenhei",
    "DroidSansFallbackFull",
    "PingFang",
    "msyh",
    "simsun",
];
/// No more files than this are looked at.
const MOST_FILES: usize = 5000;
/// No larger file is read.
const LARGEST: u64 = 64 << 20;
/// Only so many files are opened to find letters that the first ones have not.
const MOST_OPENED: usize = 200;

/// Fonts that have all letters of a chart between them.
pub(super) struct Fonts(Vec<FontVec>);

impl Fonts {
    /// Fonts for all texts of `scene`.
    ///
    /// # Errors
    /// When this computer has no font, or none with some of the letters.
    pub(super) fn of(scene: &Scene) -> Result<Fonts> {
        let texts = scene.marks.iter().filter_map(|mark| match mark {
            Mark::Text(text) => Some(text.text.as_str()),
            _ => None,
        });
        let mut missing: Vec<char> = texts.flat_map(str::chars).collect();
        missing.sort_unstable();
        missing.dedup();
        missing.retain(|letter| !letter.is_whitespace());
        Fonts::with(missing, files())
    }

    fn with(mut missing: Vec<char>, files: &[PathBuf]) -> Result<Fonts> {
        let mut fonts = Vec::new();
        for file in files.iter().take(MOST_OPENED) {
            if missing.is_empty() {
                break;
            }
            let Some(font) = open(file) else {
                continue;
            };
            let before = missing.len();
            missing.retain(|letter| font.glyph_id(*letter) == GlyphId(0));
            if missing.len() < before {
                fonts.push(font);
            }
        }
        if missing.is_empty() {
            return Ok(Fonts(fonts));
        }
        let letters: String = missing.iter().take(20).collect();
        let error = format!("no font of this computer has the letters `{letters}`");
        Err(Error::new(ErrorKind::Io, error).remedy(
            "install one, for example the package `fonts-dejavu-core`, or `fonts-noto-cjk` for \
             Chinese, or save the chart as `.svg`",
        ))
    }

    /// The first font that has the letter, and its glyph there.
    pub(super) fn glyph(&self, letter: char) -> Option<(&FontVec, GlyphId)> {
        let mut glyphs = self.0.iter().map(|font| (font, font.glyph_id(letter)));
        glyphs.find(|(_, glyph)| *glyph != GlyphId(0))
    }
}

fn open(file: &Path) -> Option<FontVec> {
    let size = std::fs::metadata(file).ok()?.len();
    if size > LARGEST {
        return None;
    }
    FontVec::try_from_vec_and_index(std::fs::read(file).ok()?, 0).ok()
}

/// All files with fonts, the preferred ones first; looked up once.
fn files() -> &'static [PathBuf] {
    static FILES: OnceLock<Vec<PathBuf>> = OnceLock::new();
    FILES.get_or_init(|| {
        let mut files = files_in(folders());
        files.sort_by_cached_key(|file| {
            let name = file
                .file_stem()
                .map(|name| name.to_string_lossy().into_owned());
            let name = name.unwrap_or_default();
            let rank = PREFERRED
                .iter()
                .position(|known| name.eq_ignore_ascii_case(known));
            // Of the others, plain ones before slanted and heavy ones.
            (
                rank.unwrap_or(PREFERRED.len()),
                !name.contains("Regular"),
                file.clone(),
            )
        });
        files
    })
}

fn folders() -> Vec<PathBuf> {
    let home = std::env::var_os("HOME").map(PathBuf::from);
    let windows = std::env::var_os("WINDIR").map(PathBuf::from);
    let own = [".local/share/fonts", ".fonts", "Library/Fonts"];
    let system = [
        "/usr/share/fonts",
        "/usr/local/share/fonts",
        "/System/Library/Fonts",
        "/Library/Fonts",
    ];
    let own = own
        .iter()
        .filter_map(|folder| Some(home.as_ref()?.join(folder)));
    let windows = windows.map(|folder| folder.join("Fonts"));
    system
        .iter()
        .map(PathBuf::from)
        .chain(own)
        .chain(windows)
        .collect()
}

fn files_in(mut open: Vec<PathBuf>) -> Vec<PathBuf> {
    let (mut files, mut seen) = (Vec::new(), 0);
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            seen += 1;
            if seen > MOST_FILES {
                return files;
            }
            let path = entry.path();
            // A link to a folder could lead round in a circle.
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                open.push(path);
                continue;
            }
            let ending = path.extension().and_then(|ending| ending.to_str());
            let is_font = |ending: &str| {
                let known = ["ttf", "otf", "ttc"];
                known.iter().any(|known| ending.eq_ignore_ascii_case(known))
            };
            if ending.is_some_and(is_font) {
                files.push(path);
            }
        }
    }
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_font_the_error_says_what_to_do() {
        let error = Fonts::with(vec!['a', '飞'], &[]).err().expect("no fonts");
        let error = error.to_string();
        assert!(
            error.contains("`a飞`") && error.contains("fonts-noto-cjk"),
            "{error}"
        );
        assert!(
            Fonts::with(Vec::new(), &[]).is_ok(),
            "nothing to be written"
        );
    }

    #[test]
    fn files_that_are_no_fonts_are_passed_over() {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let inner = folder.path().join("inner");
        std::fs::create_dir(&inner).expect("a folder");
        std::fs::write(inner.join("broken.ttf"), b"\0\x01\0\0 not a font").expect("written");
        std::fs::write(folder.path().join("empty.OTF"), b"").expect("written");
        std::fs::write(folder.path().join("readme.txt"), b"hello").expect("written");
        let files = files_in(vec![folder.path().to_path_buf()]);
        assert_eq!(files.len(), 2);
        assert!(Fonts::with(vec!['a'], &files).is_err());
    }
}
