// SPDX-License-Identifier: MIT OR Apache-2.0
//! The status words that this card answers (ISO/IEC 7816-4:2020, 5.6).

/// SW1-SW2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StatusWord(u16);

impl StatusWord {
    pub(crate) const OK: Self = Self(0x9000);
    pub(crate) const MEMORY_FAILURE: Self = Self(0x6581);
    pub(crate) const WRONG_LENGTH: Self = Self(0x6700);
    pub(crate) const COMMAND_INCOMPATIBLE_WITH_FILE: Self = Self(0x6981);
    pub(crate) const SECURITY_STATUS_NOT_SATISFIED: Self = Self(0x6982);
    pub(crate) const AUTHENTICATION_METHOD_BLOCKED: Self = Self(0x6983);
    pub(crate) const CONDITIONS_OF_USE_NOT_SATISFIED: Self = Self(0x6985);
    pub(crate) const NO_CURRENT_EF: Self = Self(0x6986);
    pub(crate) const SECURE_MESSAGING_OBJECT_MISSING: Self = Self(0x6987);
    pub(crate) const SECURE_MESSAGING_OBJECT_INCORRECT: Self = Self(0x6988);
    pub(crate) const INCORRECT_DATA: Self = Self(0x6A80);
    pub(crate) const FILE_NOT_FOUND: Self = Self(0x6A82);
    pub(crate) const INCORRECT_P1_P2: Self = Self(0x6A86);
    pub(crate) const REFERENCED_DATA_NOT_FOUND: Self = Self(0x6A88);
    pub(crate) const OFFSET_OUTSIDE_EF: Self = Self(0x6B00);
    pub(crate) const INSTRUCTION_NOT_SUPPORTED: Self = Self(0x6D00);
    pub(crate) const CLASS_NOT_SUPPORTED: Self = Self(0x6E00);

    /// 63Cx: verification failed, or was only asked about, with `retries_left` tries to go.
    pub(crate) fn counter(retries_left: u8) -> Self {
        Self(0x63C0 | u16::from(retries_left.min(0x0F)))
    }

    pub(crate) fn to_bytes(self) -> [u8; 2] {
        self.0.to_be_bytes()
    }
}
