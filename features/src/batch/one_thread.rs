//! Batch work that leaves the other cores to whoever is waiting for them.

/// Runs batch work on the thread that made this, instead of on all cores.
#[derive(Debug)]
pub struct OneThread(rayon::ThreadPool);

/// The thread runs batch work by itself already, or the system refused.
#[derive(Debug, thiserror::Error)]
#[error("batch work cannot be kept on one thread")]
pub struct OneThreadError(#[source] rayon::ThreadPoolBuildError);

impl OneThread {
    /// Once in the life of a thread, which should live as long as the process: a little memory stays behind.
    pub fn new() -> Result<OneThread, OneThreadError> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(1).use_current_thread().build();
        Ok(OneThread(pool.map_err(OneThreadError)?))
    }

    pub fn run<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        self.0.install(work)
    }
}

#[cfg(test)]
mod tests {
    use rayon::prelude::*;

    use super::*;

    #[test]
    fn work_stays_on_the_thread_that_began_it() {
        let thread = OneThread::new().expect("a thread of the test");
        let here = std::thread::current().id();
        let elsewhere = || (0..1000).into_par_iter().filter(|_| std::thread::current().id() != here).count();
        assert_eq!(thread.run(elsewhere), 0);
    }
}
