//! An action at the end of a scope, however it ends: a task can be cancelled at each await.

/// Does something when it goes.
pub(super) struct OnDrop<F: FnMut()>(pub(super) F);

impl<F: FnMut()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}
