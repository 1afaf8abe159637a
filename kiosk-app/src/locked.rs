// SPDX-License-Identifier: MIT OR Apache-2.0
//! The one page of memory that ever holds a PIN: locked (never in swap), left
//! out of core dumps, zeroed in a forked child, between two guard pages, and
//! wiped when it is given back. The only module here with `unsafe`.
//!
//! Why it is sound: the page is cut when it is made. Its [`Shared`] part is
//! atomic bytes, on which threads cannot race whatever they do. Each [`Private`]
//! part has one owner that cannot be copied, and is reached through `&mut` of
//! it alone. All of them keep the mapping alive; it goes with the last.
#![expect(
    unsafe_code,
    reason = "mapping, locking and cutting the page; nothing else here is unsafe"
)]

use std::{
    ffi::c_void,
    fmt, io,
    marker::PhantomData,
    ptr::{self, NonNull},
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering, compiler_fence},
    },
};

use card_io::jpki::{SCRATCH_LENGTH, Scratch};
use rustix::{
    io::Errno,
    mm::{
        Advice, MapFlags, MprotectFlags, ProtFlags, madvise, mlock, mmap_anonymous, mprotect,
        munmap,
    },
    param::page_size,
};

/// Longest PIN, in bytes (署名用: 16).
pub(crate) const PIN_LENGTH: usize = 16;

/// Bytes that all threads share.
pub(crate) const SHARED_LENGTH: usize = 128;

/// What the card worker needs to send a PIN.
#[repr(C)]
pub(crate) struct Workbench {
    /// The PIN being sent.
    pub(crate) pin: [u8; PIN_LENGTH],
    /// Framing and padding of the command that carries it.
    pub(crate) scratch: Scratch,
}

/// How the page is cut. Everything in it is bytes, for which zeros are a value.
#[repr(C)]
struct Layout {
    shared: [AtomicU8; SHARED_LENGTH],
    typed: [u8; PIN_LENGTH],
    workbench: Workbench,
}

/// The page, cut into its parts.
pub(crate) struct LockedPage {
    /// For every thread.
    pub(crate) shared: Shared,
    /// For the thread that takes the touches: what is typed, in one piece, to be judged.
    pub(crate) typed: Private<[u8; PIN_LENGTH]>,
    /// For the card worker.
    pub(crate) workbench: Private<Workbench>,
}

impl LockedPage {
    /// Allocates the page; once, before any PIN exists.
    pub(crate) fn allocate() -> Result<Self, LockedError> {
        let mapping = Arc::new(Mapping::new()?);
        let layout = mapping.page().cast::<Layout>().as_ptr();
        // SAFETY: the page is larger than the layout (checked below), aligned for it, and lives as
        // long as `mapping`; only places are computed here, nothing is read.
        let (typed, workbench) =
            unsafe { (&raw mut (*layout).typed, &raw mut (*layout).workbench) };
        Ok(Self {
            typed: Private::of(&mapping, typed),
            workbench: Private::of(&mapping, workbench),
            shared: Shared(mapping),
        })
    }
}

/// The shared part: atomic bytes and nothing else.
#[derive(Clone)]
pub(crate) struct Shared(Arc<Mapping>);

impl Shared {
    /// The bytes, for any thread.
    pub(crate) fn bytes(&self) -> &[AtomicU8; SHARED_LENGTH] {
        // SAFETY: the page holds a `Layout` that begins with these atomics, zeroed at first; the
        // mapping lives as long as `self`; and they are reached in no other way than this.
        unsafe { &(*self.0.page().cast::<Layout>().as_ptr()).shared }
    }
}

/// A part that one owner has for itself. It moves between threads and is never copied.
pub(crate) struct Private<T> {
    part: NonNull<T>,
    _alive: Arc<Mapping>,
    owns: PhantomData<T>,
}

// SAFETY: a `Private` is the only way to its part, like a Box; the mapping belongs to no thread.
unsafe impl<T: Send> Send for Private<T> {}

impl<T> Private<T> {
    /// Called once for each part of a page.
    fn of(mapping: &Arc<Mapping>, part: *mut T) -> Self {
        let part = NonNull::new(part).unwrap_or(NonNull::dangling());
        Self { part, _alive: Arc::clone(mapping), owns: PhantomData }
    }

    /// The part.
    pub(crate) fn bytes(&mut self) -> &mut T {
        // SAFETY: the part lies in the mapping, which `self` keeps alive; all bytes make a `T`; and
        // `&mut self` of its only owner keeps everyone else away.
        unsafe { self.part.as_mut() }
    }
}

impl<T> fmt::Debug for Private<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Private(*)")
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Shared(*)")
    }
}

/// Overwrites shared bytes with zeros, in an order that the compiler keeps.
pub(crate) fn wipe(bytes: &[AtomicU8]) {
    for byte in bytes {
        byte.store(0, Ordering::SeqCst);
    }
    compiler_fence(Ordering::SeqCst);
}

/// Why there is no page to keep a PIN in.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LockedError {
    /// The kernel would not lock it.
    #[error(
        "locking {bytes} bytes of memory; allow it with LimitMEMLOCK= in the unit file or \
         `ulimit -l` (RLIMIT_MEMLOCK)"
    )]
    Lock {
        /// How much was asked for.
        bytes: usize,
        /// The kernel's answer.
        source: io::Error,
    },
    /// Another step of setting it up.
    #[error("{what}")]
    Prepare {
        /// What was being done.
        what: &'static str,
        /// The kernel's answer.
        source: io::Error,
    },
}

/// The smallest page of any Linux.
const SMALLEST_PAGE: usize = 4096;
const _: () = assert!(size_of::<Layout>() <= SMALLEST_PAGE && align_of::<Layout>() == 1);
const _: () = assert!(size_of::<Workbench>() == PIN_LENGTH + SCRATCH_LENGTH);

/// Guard page, page, guard page.
struct Mapping {
    start: NonNull<c_void>,
    page_size: usize,
}

// SAFETY: the mapping belongs to no thread; what is shared of it is atomic, and what is private
// has one owner.
unsafe impl Send for Mapping {}
// SAFETY: as above; no method of a shared `Mapping` reads or writes the page itself.
unsafe impl Sync for Mapping {}

impl Mapping {
    fn new() -> Result<Self, LockedError> {
        let page_size = page_size();
        // SAFETY: an anonymous mapping at an address of the kernel's choice disturbs nobody.
        let start = unsafe {
            mmap_anonymous(ptr::null_mut(), 3 * page_size, ProtFlags::empty(), MapFlags::PRIVATE)
        };
        let start = start.map_err(preparing("mapping a page of memory"))?;
        let start = NonNull::new(start).ok_or(Errno::NOMEM);
        // From here on a failure unmaps it again.
        let mapping =
            Self { start: start.map_err(preparing("mapping a page of memory"))?, page_size };
        let page = mapping.page().as_ptr().cast();
        // SAFETY: the page is ours, and nobody has a reference into it yet.
        unsafe {
            mprotect(page, page_size, MprotectFlags::READ | MprotectFlags::WRITE)
                .map_err(preparing("opening the page between its guards"))?;
            mlock(page, page_size)
                .map_err(|errno| LockedError::Lock { bytes: page_size, source: errno.into() })?;
            madvise(page, page_size, Advice::LinuxDontDump)
                .map_err(preparing("keeping the page out of core dumps"))?;
            madvise(page, page_size, Advice::LinuxWipeOnFork)
                .map_err(preparing("keeping the page from forked children"))?;
        }
        Ok(mapping)
    }

    /// Where the page begins, behind its first guard.
    fn page(&self) -> NonNull<u8> {
        // SAFETY: one page further is still within the three that were mapped.
        unsafe { self.start.cast::<u8>().add(self.page_size) }
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        let page = self.page().as_ptr();
        // SAFETY: this is the last owner, so no reference into the mapping is left. A page that
        // could not be opened when it was made cannot be opened now and is not written to.
        unsafe {
            if mprotect(page.cast(), self.page_size, MprotectFlags::READ | MprotectFlags::WRITE)
                .is_ok()
            {
                for offset in 0..self.page_size {
                    page.add(offset).write_volatile(0);
                }
            }
            // Unmapping unlocks too. It cannot fail for a range that was mapped as a whole.
            let _ = munmap(self.start.as_ptr(), 3 * self.page_size);
        }
    }
}

fn preparing(what: &'static str) -> impl Fn(Errno) -> LockedError {
    move |errno| LockedError::Prepare { what, source: errno.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The flags that the kernel shows for the mapping which holds `address`.
    fn kernel_flags(address: usize) -> Vec<String> {
        let maps = std::fs::read_to_string("/proc/self/smaps").unwrap();
        let mut is_ours = false;
        for line in maps.lines() {
            let range = line.split(' ').next().and_then(|range| range.split_once('-'));
            let bounds = range
                .map(|(from, to)| (usize::from_str_radix(from, 16), usize::from_str_radix(to, 16)));
            if let Some((Ok(from), Ok(to))) = bounds {
                is_ours = (from..to).contains(&address);
            }
            if let Some(flags) = line.strip_prefix("VmFlags:").filter(|_| is_ours) {
                return flags.split_whitespace().map(str::to_owned).collect();
            }
        }
        panic!("no mapping holds the page");
    }

    #[test]
    fn the_kernel_locks_the_page_and_leaves_it_out_of_dumps_and_children() {
        let page = LockedPage::allocate().unwrap();
        let flags = kernel_flags(page.shared.bytes().as_ptr() as usize);
        for flag in ["lo", "dd", "wf"] {
            assert!(flags.iter().any(|set| set == flag), "{flag} is missing from {flags:?}");
        }
    }

    #[test]
    fn the_kernel_refuses_to_move_the_page_into_swap() {
        let page_out = |page: *mut c_void| {
            // SAFETY: moving a page to swap and back changes no byte of it.
            unsafe { madvise(page, page_size(), Advice::LinuxPageOut) }
        };
        let page = LockedPage::allocate().unwrap();
        let locked = page.shared.bytes().as_ptr().cast_mut().cast();
        assert_eq!(page_out(locked), Err(Errno::INVAL));
        let protection = ProtFlags::READ | ProtFlags::WRITE;
        // SAFETY: an anonymous mapping at an address of the kernel's choice disturbs nobody.
        let other =
            unsafe { mmap_anonymous(ptr::null_mut(), page_size(), protection, MapFlags::PRIVATE) };
        let other = other.unwrap();
        assert_eq!(page_out(other), Ok(()), "a page that is not locked is not refused");
        // SAFETY: it was mapped above, and nothing points into it.
        unsafe { munmap(other, page_size()) }.unwrap();
    }

    #[test]
    fn the_page_lies_between_pages_that_nobody_can_read() {
        let page = LockedPage::allocate().unwrap();
        let page = page.shared.bytes().as_ptr() as usize;
        for guard in [page - 1, page + page_size()] {
            let flags = kernel_flags(guard);
            assert!(!flags.iter().any(|set| set == "rd" || set == "wr"), "{flags:?}");
        }
    }

    #[test]
    fn the_parts_do_not_overlap() {
        let LockedPage { shared, mut typed, mut workbench } = LockedPage::allocate().unwrap();
        for byte in shared.bytes() {
            byte.store(0xAA, Ordering::Relaxed);
        }
        typed.bytes().fill(0xBB);
        assert!(workbench.bytes().pin.iter().all(|byte| *byte == 0));
        workbench.bytes().pin.fill(0xCC);
        workbench.bytes().scratch.fill(0xDD);
        assert!(typed.bytes().iter().all(|byte| *byte == 0xBB));
        assert!(workbench.bytes().pin.iter().all(|byte| *byte == 0xCC));
        assert!(shared.bytes().iter().all(|byte| byte.load(Ordering::Relaxed) == 0xAA));
    }

    #[test]
    fn what_is_wiped_is_zero() {
        let page = LockedPage::allocate().unwrap();
        page.shared.bytes()[7].store(7, Ordering::Relaxed);
        wipe(page.shared.bytes());
        assert_eq!(page.shared.bytes()[7].load(Ordering::Relaxed), 0);
    }
}
