//! What the kernel says about a child's memory.

use std::fs;

/// Sizes in bytes. A process that has ended has none.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Memory {
    /// Mapped, which is what the child's limit counts.
    pub(super) address_space: u64,
    /// In RAM, which is what the machine has to give.
    pub(super) resident: u64,
}

impl Memory {
    /// Of process `id`; `None` when there is none or the kernel does not say.
    pub(super) fn of(id: u32) -> Option<Self> {
        Self::parse(&fs::read_to_string(format!("/proc/{id}/statm")).ok()?)
    }

    fn parse(statm: &str) -> Option<Self> {
        let mut pages = statm.split_whitespace().map(|field| field.parse::<u64>().ok());
        let bytes = |pages: u64| pages.checked_mul(rustix::param::page_size() as u64);
        Some(Self { address_space: bytes(pages.next()??)?, resident: bytes(pages.next()??)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_become_bytes_and_nonsense_nothing() {
        let page = rustix::param::page_size() as u64;
        let memory = Memory::parse("30000 2000 700 1 0 900 0\n").unwrap();
        assert_eq!((memory.address_space, memory.resident), (30_000 * page, 2000 * page));
        for nonsense in ["", "1", "x y", "1 -1", "99999999999999999999 1"] {
            assert!(Memory::parse(nonsense).is_none(), "{nonsense}");
        }
    }
}
