// SPDX-License-Identifier: MIT OR Apache-2.0
//! Reads the closing lines of test runners, so that one line can close the whole run.

use std::ops::AddAssign;

/// Tests that ran, by how they ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    pub(crate) skipped: u64,
}

impl Counts {
    /// The counts in one line of output, if it is a closing line of libtest or nextest.
    ///
    /// libtest: `test result: ok. 3 passed; 0 failed; 1 ignored; …`;
    /// nextest: `Summary [  1.2s] 3 tests run: 3 passed (1 slow), 1 skipped`.
    pub(crate) fn of_line(line: &str) -> Option<Self> {
        // What nextest shows of a test that failed is indented, the harness's own line with it.
        let is_of_a_run = line.starts_with("test result:") || line.trim().starts_with("Summary [");
        if !is_of_a_run {
            return None;
        }
        let line = line.trim();
        let count = |word: &str| {
            let before = line.split(&format!(" {word}")).next().filter(|part| *part != line)?;
            before.rsplit([' ', '.']).next()?.parse::<u64>().ok()
        };
        Some(Self {
            passed: count("passed").unwrap_or(0),
            failed: count("failed").unwrap_or(0),
            skipped: count("ignored").or_else(|| count("skipped")).unwrap_or(0),
        })
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

#[cfg(test)]
mod tests {
    use super::Counts;

    #[test]
    fn a_failed_test_is_not_counted_once_more_for_its_own_harness() {
        let captured =
            "    test result: FAILED. 0 passed; 1 failed; 0 ignored; 0 measured; 2 filtered";
        assert!(Counts::of_line(captured).is_none());
    }

    #[test]
    fn the_closing_line_of_libtest_is_read() {
        let line = "test result: FAILED. 12 passed; 2 failed; 1 ignored; 0 measured; 0 filtered \
                    out; finished in 0.31s";
        assert_eq!(Counts::of_line(line), Some(Counts { passed: 12, failed: 2, skipped: 1 }));
    }

    #[test]
    fn the_closing_line_of_nextest_is_read() {
        let line =
            "     Summary [   8.031s] 245 tests run: 244 passed (3 slow), 1 failed, 2 skipped";
        assert_eq!(Counts::of_line(line), Some(Counts { passed: 244, failed: 1, skipped: 2 }));
    }

    #[test]
    fn other_lines_are_not_counted() {
        assert_eq!(Counts::of_line("test the_card_passed_on ... ok"), None);
        assert_eq!(Counts::of_line("3 passed"), None);
    }
}
