//! Switches of a thread that are set while something is done.

use std::cell::Cell;
use std::thread::LocalKey;

/// Does the work with the switch set to this; afterwards it is as it was.
pub(super) fn with<S: Copy + 'static, T>(
    switch: &'static LocalKey<Cell<S>>,
    to: S,
    work: impl FnOnce() -> T,
) -> T {
    struct Before<S: Copy + 'static>(&'static LocalKey<Cell<S>>, S);
    impl<S: Copy + 'static> Drop for Before<S> {
        fn drop(&mut self) {
            self.0.set(self.1);
        }
    }
    let _before = Before(switch, switch.replace(to));
    work()
}
