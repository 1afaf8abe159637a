// SPDX-License-Identifier: MIT OR Apache-2.0
//! Status words (ISO/IEC 7816-4 clause 5.6): a number with names, so that an
//! unknown value survives.

use std::fmt;

/// SW1-SW2 of an answer.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StatusWord(pub u16);

impl StatusWord {
    /// Normal processing.
    pub const OK: Self = Self(0x9000);
    /// The file ended before the number of bytes asked for.
    pub const END_OF_FILE: Self = Self(0x6282);
    /// Wrong length.
    pub const WRONG_LENGTH: Self = Self(0x6700);
    /// Command incompatible with the kind of file.
    pub const INCOMPATIBLE_FILE: Self = Self(0x6981);
    /// Security status not satisfied.
    pub const SECURITY_STATUS_NOT_SATISFIED: Self = Self(0x6982);
    /// Authentication method blocked.
    pub const AUTHENTICATION_METHOD_BLOCKED: Self = Self(0x6983);
    /// Reference data not usable; some cards say this of a blocked PIN.
    pub const REFERENCE_DATA_NOT_USABLE: Self = Self(0x6984);
    /// Conditions of use not satisfied.
    pub const CONDITIONS_NOT_SATISFIED: Self = Self(0x6985);
    /// Command not allowed: no current file.
    pub const NO_CURRENT_FILE: Self = Self(0x6986);
    /// Secure messaging data objects missing.
    pub const SECURE_MESSAGING_OBJECTS_MISSING: Self = Self(0x6987);
    /// Secure messaging data objects incorrect.
    pub const SECURE_MESSAGING_OBJECTS_INCORRECT: Self = Self(0x6988);
    /// Incorrect parameters in the command data field.
    pub const INCORRECT_DATA: Self = Self(0x6A80);
    /// Function not supported.
    pub const FUNCTION_NOT_SUPPORTED: Self = Self(0x6A81);
    /// File or application not found.
    pub const NOT_FOUND: Self = Self(0x6A82);
    /// Incorrect P1-P2.
    pub const INCORRECT_P1_P2: Self = Self(0x6A86);
    /// Referenced data not found.
    pub const REFERENCED_DATA_NOT_FOUND: Self = Self(0x6A88);
    /// Offset beyond the end of the file.
    pub const WRONG_OFFSET: Self = Self(0x6B00);
    /// Instruction not supported.
    pub const INSTRUCTION_NOT_SUPPORTED: Self = Self(0x6D00);
    /// Class not supported.
    pub const CLASS_NOT_SUPPORTED: Self = Self(0x6E00);

    /// The retry counter of a 63Cx answer; 0 means blocked.
    pub const fn retries_left(self) -> Option<u8> {
        if self.0 & 0xFFF0 == 0x63C0 { Some((self.0 & 0x000F) as u8) } else { None }
    }

    /// The bytes still to be fetched with GET RESPONSE after 61xx.
    pub const fn bytes_available(self) -> Option<usize> {
        self.length_under(0x61)
    }

    /// The Le that 6Cxx names as the right one; the command was not executed.
    pub const fn right_length(self) -> Option<usize> {
        self.length_under(0x6C)
    }

    /// Whether it is an execution or checking error, 64xx to 6Fxx: the command
    /// was not carried out. 62xx and 63xx are warnings of one that was.
    pub const fn is_error(self) -> bool {
        matches!(self.0 >> 8, 0x64..=0x6F)
    }

    /// Whether it is a checking error, 67xx to 6Fxx: the card did not take the
    /// command as it is. 64xx to 66xx are faults while it was carried out.
    pub const fn is_checking_error(self) -> bool {
        matches!(self.0 >> 8, 0x67..=0x6F)
    }

    /// Whether it says, in one of the ways in use, that the PIN is blocked.
    pub const fn is_blocked(self) -> bool {
        matches!(
            self,
            Self::AUTHENTICATION_METHOD_BLOCKED | Self::REFERENCE_DATA_NOT_USABLE | Self(0x63C0)
        )
    }

    const fn length_under(self, sw1: u16) -> Option<usize> {
        match (self.0 >> 8 == sw1, self.0 & 0x00FF) {
            (true, 0) => Some(256),
            (true, length) => Some(length as usize),
            (false, _) => None,
        }
    }
}

impl fmt::Display for StatusWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04X}", self.0)
    }
}

impl fmt::Debug for StatusWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StatusWord({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_63cx_holds_a_retry_counter() {
        assert_eq!(StatusWord(0x63C3).retries_left(), Some(3));
        assert_eq!(StatusWord(0x63C0).retries_left(), Some(0));
        assert_eq!(StatusWord(0x6300).retries_left(), None);
        assert_eq!(StatusWord::OK.retries_left(), None);
    }

    #[test]
    fn a_length_of_zero_means_256() {
        assert_eq!(StatusWord(0x6100).bytes_available(), Some(256));
        assert_eq!(StatusWord(0x6C20).right_length(), Some(32));
        assert_eq!(StatusWord(0x6120).right_length(), None);
    }

    #[test]
    fn a_fault_while_it_was_carried_out_is_an_error_but_no_checking_error() {
        for (status, is_error, is_checking_error) in [
            (0x9000, false, false),
            (0x63C2, false, false),
            (0x6400, true, false),
            (0x6581, true, false),
            (0x6700, true, true),
            (0x6999, true, true),
            (0x6F00, true, true),
        ] {
            let status = StatusWord(status);
            assert_eq!(status.is_error(), is_error, "{status}");
            assert_eq!(status.is_checking_error(), is_checking_error, "{status}");
        }
    }

    #[test]
    fn blocked_is_said_in_three_ways() {
        for status in [0x6983, 0x6984, 0x63C0] {
            assert!(StatusWord(status).is_blocked());
        }
        assert!(!StatusWord(0x63C1).is_blocked());
    }
}
