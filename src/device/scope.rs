//! Switches of a thread that are on, or off, while something is done.

use std::cell::Cell;
use std::thread::LocalKey;

/// Does the work with the switch on or off; afterwards it is as it was.
pub(super) fn with<T>(
    switch: &'static LocalKey<Cell<bool>>,
    on: bool,
    work: impl FnOnce() -> T,
) -> T {
    struct Before(&'static LocalKey<Cell<bool>>, bool);
    impl Drop for Before {
        fn drop(&mut self) {
            self.0.set(self.1);
        }
    }
    let _before = Before(switch, switch.replace(on));
    work()
}
