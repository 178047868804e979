//! The platform's folders for a user's cached and kept data.

use std::path::PathBuf;

fn from_environment(variable: &str) -> Option<PathBuf> {
    std::env::var_os(variable)
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
}

fn home() -> Option<PathBuf> {
    std::env::home_dir().filter(|home| !home.as_os_str().is_empty())
}

/// Where programs keep what they can make again.
pub(crate) fn cache() -> Option<PathBuf> {
    if cfg!(target_os = "macos") {
        return Some(home()?.join("Library/Caches"));
    }
    from_environment("XDG_CACHE_HOME").or_else(|| Some(home()?.join(".cache")))
}

/// Where programs keep what belongs to the user.
pub(crate) fn data() -> Option<PathBuf> {
    if cfg!(target_os = "macos") {
        return Some(home()?.join("Library/Application Support"));
    }
    from_environment("XDG_DATA_HOME").or_else(|| Some(home()?.join(".local/share")))
}

/// Where Jupyter looks for the user's kernels.
pub(crate) fn jupyter_data() -> Option<PathBuf> {
    if let Some(path) = from_environment("JUPYTER_DATA_DIR") {
        return Some(path);
    }
    if cfg!(target_os = "macos") {
        return Some(home()?.join("Library/Jupyter"));
    }
    Some(data()?.join("jupyter"))
}
