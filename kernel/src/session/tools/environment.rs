//! The variables of the environment that lead programs to the stand-ins, and what they were before.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::Path;
use std::process::Command;

use serde::{Deserialize, Serialize};

use super::SLOT_VARIABLE;
use crate::session::slots::Place;

/// The variables that are changed: `RUSTC` and `CARGO_HOME` would lead rust-analyzer past the path.
const CHANGED: [&str; 3] = ["PATH", "CARGO_HOME", "RUSTC"];
/// The file in the stand-ins' folder that keeps them as they were.
const FILE: &str = "environment.json";

/// The user's own values.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Environment(BTreeMap<String, Option<OsString>>);

impl Environment {
    pub(crate) fn current() -> Environment {
        let values = CHANGED.map(|name| (name.to_owned(), std::env::var_os(name)));
        Environment(values.into())
    }

    pub(super) fn read(place: &Place) -> io::Result<Environment> {
        let text = fs::read(place.tools().join(FILE))?;
        Ok(serde_json::from_slice(&text)?)
    }

    pub(super) fn write(&self, folder: &Path) -> io::Result<()> {
        fs::write(folder.join(FILE), serde_json::to_vec(self)?)
    }

    pub(crate) fn path(&self) -> OsString {
        self.0.get("PATH").cloned().flatten().unwrap_or_default()
    }

    /// Gives a program the user's own environment.
    pub(crate) fn give_to(&self, command: &mut Command) {
        command.env_remove(SLOT_VARIABLE);
        for (name, value) in &self.0 {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
    }

    /// Leads the programs that this process starts to the stand-ins of the slot at `place`.
    ///
    /// # Safety
    /// The process must have one thread.
    pub(crate) unsafe fn lead_to(&self, place: &Place) -> io::Result<()> {
        let own = self.path();
        let folders = std::iter::once(place.tools().join("bin")).chain(std::env::split_paths(&own));
        let path = std::env::join_paths(folders).map_err(io::Error::other)?;
        // SAFETY: the caller sees to it that nobody reads the environment meanwhile.
        unsafe {
            std::env::set_var("PATH", path);
            std::env::set_var("CARGO_HOME", place.tools());
            std::env::remove_var("RUSTC");
            std::env::set_var(SLOT_VARIABLE, place.folder());
        }
        Ok(())
    }

    /// Makes the environment of this process the user's own.
    ///
    /// # Safety
    /// The process must have one thread.
    pub(super) unsafe fn restore(&self) {
        let set = |name: &str, value: Option<&OsString>| match value {
            // SAFETY: the caller sees to it that nobody reads the environment meanwhile.
            Some(value) => unsafe { std::env::set_var(name, value) },
            // SAFETY: as above.
            None => unsafe { std::env::remove_var(name) },
        };
        for (name, value) in &self.0 {
            set(name, value.as_ref());
        }
        set(SLOT_VARIABLE, None);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::collections::BTreeMap;
    use std::ffi::{OsStr, OsString};
    use std::os::unix::ffi::OsStringExt;
    use std::process::Command;

    use super::Environment;
    use crate::session::slots::Place;

    #[test]
    fn the_users_own_values_come_back_whatever_they_are() {
        let odd = OsString::from_vec(b"/a:\xff/b".to_vec());
        let own = Environment(BTreeMap::from([
            ("PATH".to_owned(), Some(odd.clone())),
            ("CARGO_HOME".to_owned(), None),
        ]));
        let folder = tempfile::tempdir().unwrap();
        let place = Place::new(folder.path().to_owned());
        std::fs::create_dir(place.tools()).unwrap();
        own.write(&place.tools()).unwrap();
        let read = Environment::read(&place).unwrap();
        assert_eq!(read.path(), odd);
        let mut command = Command::new("true");
        read.give_to(&mut command);
        let given: Vec<_> = command.get_envs().collect();
        assert!(given.contains(&(OsStr::new("PATH"), Some(odd.as_os_str()))));
        assert!(given.contains(&(OsStr::new("CARGO_HOME"), None)));
        assert!(given.contains(&(OsStr::new("KERUST_SLOT"), None)));
    }
}
