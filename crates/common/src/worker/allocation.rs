//! Allocations that failed in this process, whichever library asked for the memory.
//!
//! Native code passes over what it finds no memory for: PDFium leaves an image out of its page and says that all
//! went well. So `malloc` and its kin stand here, in front of glibc's, in every program that links this crate, and
//! count null pointers. That a program may bring its own is glibc's promise ("Replacing malloc" in its manual); these
//! take their memory from glibc's own, so everything else of that family stays as it is.
#![expect(
    unsafe_code,
    reason = "calls glibc's allocator with the arguments that it was called with"
)]

use std::ffi::{c_int, c_void};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use libc::{EINVAL, ENOMEM};

/// How many failed that could have succeeded.
static FAILED: AtomicU64 = AtomicU64::new(0);

/// What no process of this kind can be given at once, bytes.
static HOPELESS: AtomicUsize = AtomicUsize::new(usize::MAX);

/// Says that the process has `bytes` of address space. To ask for as many at once is a mistake of whoever asks, or of
/// the document: it fails each time, so its failure changes no result.
pub(super) fn limited_to(bytes: u64) {
    HOPELESS.store(usize::try_from(bytes).unwrap_or(usize::MAX), Ordering::Relaxed);
}

/// How many have failed so far, hopeless ones aside.
pub(super) fn failed() -> u64 {
    FAILED.load(Ordering::Relaxed)
}

/// `memory`, which is what `bytes` were asked for with.
fn noted(memory: *mut c_void, bytes: usize) -> *mut c_void {
    // Nothing is allocated here, and `errno` stays.
    if memory.is_null() && (1..HOPELESS.load(Ordering::Relaxed)).contains(&bytes) {
        FAILED.fetch_add(1, Ordering::Relaxed);
    }
    memory
}

unsafe extern "C" {
    // What glibc calls them for whoever stands in front of it.
    fn __libc_malloc(bytes: usize) -> *mut c_void;
    fn __libc_calloc(count: usize, bytes: usize) -> *mut c_void;
    fn __libc_realloc(memory: *mut c_void, bytes: usize) -> *mut c_void;
    fn __libc_memalign(alignment: usize, bytes: usize) -> *mut c_void;
}

#[unsafe(no_mangle)]
unsafe extern "C" fn malloc(bytes: usize) -> *mut c_void {
    // SAFETY: any size may be asked for.
    noted(unsafe { __libc_malloc(bytes) }, bytes)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn calloc(count: usize, bytes: usize) -> *mut c_void {
    // SAFETY: any sizes may be asked for; a product that is too large is refused.
    noted(unsafe { __libc_calloc(count, bytes) }, count.saturating_mul(bytes))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn realloc(memory: *mut c_void, bytes: usize) -> *mut c_void {
    // SAFETY: `memory` is what the caller was given by this family of functions, or null.
    noted(unsafe { __libc_realloc(memory, bytes) }, bytes)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn memalign(alignment: usize, bytes: usize) -> *mut c_void {
    // SAFETY: any alignment and size may be asked for.
    noted(unsafe { __libc_memalign(alignment, bytes) }, bytes)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn aligned_alloc(alignment: usize, bytes: usize) -> *mut c_void {
    // SAFETY: as for `memalign`, which glibc makes of it too.
    noted(unsafe { __libc_memalign(alignment, bytes) }, bytes)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn posix_memalign(to: *mut *mut c_void, alignment: usize, bytes: usize) -> c_int {
    if !alignment.is_power_of_two() || !alignment.is_multiple_of(size_of::<*mut c_void>()) {
        return EINVAL;
    }
    // SAFETY: any alignment and size may be asked for.
    let memory = noted(unsafe { __libc_memalign(alignment, bytes) }, bytes);
    if memory.is_null() {
        return ENOMEM;
    }
    // SAFETY: the caller says where the pointer goes.
    unsafe { to.write(memory) };
    0
}

#[cfg(test)]
mod tests {
    use std::alloc::{Layout, alloc, alloc_zeroed, dealloc, realloc};
    use std::hint::black_box;

    use super::*;

    /// More than any machine has.
    const ABSURD: usize = 1 << 60;

    /// One test, since the counts are the process's.
    #[test]
    fn failures_are_counted_whoever_asks_and_what_succeeds_is_memory() {
        let before = failed();
        for alignment in [1, 16, 64, 4096] {
            let layout = Layout::from_size_align(100, alignment).unwrap();
            // SAFETY: the layouts are not empty, and what is freed was given.
            unsafe {
                let memory = alloc(layout);
                assert!(!memory.is_null() && memory.addr().is_multiple_of(alignment));
                memory.write_bytes(7, 100);
                let more = realloc(memory, layout, 5000);
                assert_eq!((more.read(), more.add(99).read()), (7, 7));
                dealloc(more, Layout::from_size_align(5000, alignment).unwrap());
                let zeroes = alloc_zeroed(layout);
                assert_eq!(zeroes.add(99).read(), 0);
                dealloc(zeroes, layout);
            }
        }
        assert_eq!(failed(), before);
        let mut nothing = std::ptr::null_mut();
        // Looked at, or the compiler knows that what nobody uses need not be asked for.
        // SAFETY: what fails gives nothing to free, and what is given stays.
        unsafe {
            assert!(black_box(libc::malloc(ABSURD)).is_null());
            assert!(black_box(libc::calloc(ABSURD, 1)).is_null());
            assert!(black_box(libc::realloc(std::ptr::null_mut(), ABSURD)).is_null());
            assert!(black_box(libc::aligned_alloc(64, ABSURD)).is_null());
            assert!(black_box(libc::memalign(64, ABSURD)).is_null());
            assert_eq!(libc::posix_memalign(&raw mut nothing, 64, ABSURD), ENOMEM);
            assert_eq!(failed(), before + 6);
            assert_eq!(libc::posix_memalign(&raw mut nothing, 3, 8), EINVAL);
            assert!(
                black_box(libc::calloc(ABSURD, ABSURD)).is_null(),
                "their product is no number"
            );
            assert_eq!(failed(), before + 6);
        }
        limited_to(ABSURD as u64);
        // SAFETY: as above.
        assert!(black_box(unsafe { libc::malloc(ABSURD) }).is_null());
        assert_eq!(failed(), before + 6, "hopeless");
        assert!(black_box(Vec::<u8>::new()).try_reserve_exact(black_box(ABSURD - 1)).is_err());
        assert_eq!(failed(), before + 7, "Rust asks the same functions");
        limited_to(u64::MAX);
    }
}
