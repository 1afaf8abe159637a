// SPDX-License-Identifier: MIT OR Apache-2.0
//! The unit's staff code, as Argon2id's hash of it (RFC 9106) in a PHC string. Why these parameters:
//! docs/decisions/0031-staff-page.md.

use std::{fmt, fs, io, path::Path};

use argon2::{
    Algorithm, Argon2, Block, Params, PasswordHasher as _, Version,
    password_hash::{self, phc::PasswordHash},
};
use kiosk_session::staff::CODE_LENGTHS;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

/// A hash that this kiosk checks codes by. It shows nothing of itself in a log.
#[derive(Clone, PartialEq, Eq)]
pub struct CodeHash(PasswordHash);

impl CodeHash {
    /// Reads a PHC string.
    ///
    /// # Errors
    /// [`HashRefused`] for another algorithm, and for parameters that are too weak to protect a code
    /// or too costly for the unit's memory.
    pub fn read(text: &str) -> Result<Self, HashRefused> {
        let hash = PasswordHash::new(text).map_err(|_| HashRefused::NoHash)?;
        let is_argon2id = hash.algorithm == Algorithm::Argon2id.ident()
            && hash.version == Some(Version::V0x13.into());
        let is_whole = hash.salt.as_ref().is_some_and(|salt| salt.len() >= LEAST_SALT)
            && hash.hash.as_ref().is_some_and(|hash| hash.len() >= LEAST_HASH);
        if !is_argon2id || !is_whole {
            return Err(HashRefused::NotOurs);
        }
        let params = Params::try_from(&hash).map_err(|_| HashRefused::NotOurs)?;
        let fits = |value, bounds: (u32, u32)| (bounds.0..=bounds.1).contains(&value);
        match fits(params.m_cost(), MEMORY_KIB)
            && fits(params.t_cost(), PASSES)
            && fits(params.p_cost(), LANES)
        {
            true => Ok(Self(hash)),
            false => Err(HashRefused::Cost),
        }
    }

    /// Whether this is the code; as slow as the hash says. The memory that it takes is wiped: its
    /// first blocks are as good as the code for whoever would try all codes.
    pub(crate) fn is_of(&self, code: &[u8]) -> bool {
        let (Ok(params), Some(salt), Some(hash)) =
            (Params::try_from(&self.0), &self.0.salt, &self.0.hash)
        else {
            return false;
        };
        let mut memory = Zeroizing::new(vec![Block::new(); params.block_count()]);
        let mut of_this_code = Zeroizing::new(vec![0; hash.len()]);
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let memory = memory.as_mut_slice();
        let hashed =
            argon2.hash_password_into_with_memory(code, salt, of_this_code.as_mut_slice(), memory);
        hashed.is_ok() && bool::from(of_this_code.as_slice().ct_eq(hash.as_bytes()))
    }
}

impl fmt::Debug for CodeHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CodeHash(*)")
    }
}

/// Why a text is no hash for a staff code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HashRefused {
    /// Not in the form at all.
    #[error("no PHC string; `kiosk staff-code` prints one")]
    NoHash,
    /// Of another kind.
    #[error("not of Argon2id, version 19, with salt and hash; `kiosk staff-code` prints one")]
    NotOurs,
    /// Too weak or too dear.
    #[error(
        "its cost is not within m={} to {}, t={} to {}, p={} to {}",
        MEMORY_KIB.0, MEMORY_KIB.1, PASSES.0, PASSES.1, LANES.0, LANES.1
    )]
    Cost,
}

/// Why a code is not taken for a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Trivial {
    /// Too short, too long, or not of digits.
    #[error("a staff code has {} to {} digits", CODE_LENGTHS.start(), CODE_LENGTHS.end())]
    Form,
    /// What everybody tries first.
    #[error("this code is among the first that anybody tries: take one drawn at random")]
    Guessable,
}

/// The hash of a new code, to be written into the site's file.
///
/// # Errors
/// [`Trivial`] for what is no code, or no secret.
pub fn hash_code(code: &str, salt: [u8; 16]) -> Result<String, Trivial> {
    let length = u8::try_from(code.len()).unwrap_or(u8::MAX);
    if !CODE_LENGTHS.contains(&length) || !code.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Trivial::Form);
    }
    if is_guessable(code.as_bytes()) {
        return Err(Trivial::Guessable);
    }
    hashed(code, salt).map_err(|_| Trivial::Form)
}

fn hashed(code: &str, salt: [u8; 16]) -> password_hash::Result<String> {
    let params = Params::new(COST.0, COST.1, COST.2, None)?;
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let hash: PasswordHash = argon2.hash_password_with_salt(code.as_bytes(), &salt)?;
    Ok(hash.to_string())
}

/// One digit, a run up or down, or a short block again and again: 000000, 123456, 121212, 123123.
fn is_guessable(code: &[u8]) -> bool {
    let steps: Vec<_> = code.windows(2).map(|pair| (10 + pair[1] - pair[0]) % 10).collect();
    let is_run = [0, 1, 9].iter().any(|step| steps.iter().all(|taken| taken == step));
    let repeats = |block: usize| code.chunks(block).all(|part| code.starts_with(part));
    is_run || (1..=code.len() / 2).any(repeats)
}

/// The site's file: one line with the hash; lines that are empty or begin with `#` are passed over.
///
/// # Errors
/// When the file is there and cannot be read, or holds something else. None where it is not there.
pub fn read_file(path: &Path) -> Result<Option<CodeHash>, FileRefused> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(FileRefused::Unreadable(source)),
    };
    let mut lines = text.lines().map(str::trim);
    let mut said = lines.by_ref().filter(|line| !line.is_empty() && !line.starts_with('#'));
    match (said.next(), said.next()) {
        (Some(line), None) => CodeHash::read(line).map(Some).map_err(FileRefused::Refused),
        _ => Err(FileRefused::Refused(HashRefused::NoHash)),
    }
}

/// Why there is no staff code though there is a file for it.
#[derive(Debug, thiserror::Error)]
pub enum FileRefused {
    /// It cannot be read.
    #[error("reading the staff code's file")]
    Unreadable(#[source] io::Error),
    /// It holds something else.
    #[error("the staff code's file holds no hash that can be used")]
    Refused(#[source] HashRefused),
}

/// RFC 9106, section 4, second recommended: 64 MiB, three passes, four lanes.
const COST: (u32, u32, u32) = (64 * 1024, 3, 4);
/// Least and most that a hash may ask for, in KiB: OWASP's least; half of the unit's `MemoryMax`.
const MEMORY_KIB: (u32, u32) = (19 * 1024, 256 * 1024);
const PASSES: (u32, u32) = (2, 8);
const LANES: (u32, u32) = (1, 8);
/// RFC 9106, section 3.1: 16 bytes are recommended for password hashing.
const LEAST_SALT: usize = 16;
const LEAST_HASH: usize = 32;

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Of 402817, at the least cost that is taken: tests have no second a try.
    pub(crate) fn cheap_hash() -> CodeHash {
        let params = Params::new(MEMORY_KIB.0, PASSES.0, LANES.0, None).unwrap();
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let hash: PasswordHash = argon2.hash_password_with_salt(b"402817", &[7; 16]).unwrap();
        CodeHash::read(&hash.to_string()).unwrap()
    }

    #[test]
    fn a_hash_that_was_made_is_taken_and_knows_its_code() {
        let text = hash_code("402817", [7; 16]).unwrap();
        assert!(text.starts_with("$argon2id$v=19$m=65536,t=3,p=4$"), "{text}");
        let hash = CodeHash::read(&text).unwrap();
        assert!(hash.is_of(b"402817"));
        for other in ["402818", "40281", "4028170", ""] {
            assert!(!hash.is_of(other.as_bytes()), "{other}");
        }
        assert_eq!(format!("{hash:?}"), "CodeHash(*)");
    }

    #[test]
    fn the_same_code_has_another_hash_at_every_unit() {
        assert_ne!(hash_code("402817", [7; 16]), hash_code("402817", [8; 16]));
    }

    #[test]
    fn what_anybody_tries_first_is_refused() {
        for code in ["000000", "123456", "654321", "890123", "121212", "123123", "11111111111"] {
            assert_eq!(hash_code(code, [7; 16]), Err(Trivial::Guessable), "{code}");
        }
        for code in ["12345", "1234567890123", "40281a", "４０２８１７", ""] {
            assert_eq!(hash_code(code, [7; 16]), Err(Trivial::Form), "{code}");
        }
        for code in ["402817", "123457", "112233", "200611241"] {
            assert!(!is_guessable(code.as_bytes()), "{code}");
        }
    }

    #[test]
    fn other_hashes_and_other_costs_are_refused() {
        let salt_and_hash = "BwcHBwcHBwcHBwcHBwcHBw$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        let of = |head: &str| CodeHash::read(&format!("{head}${salt_and_hash}"));
        assert!(of("$argon2id$v=19$m=19456,t=2,p=1").is_ok());
        assert_eq!(of("$argon2i$v=19$m=19456,t=2,p=1"), Err(HashRefused::NotOurs));
        assert_eq!(of("$argon2id$v=16$m=19456,t=2,p=1"), Err(HashRefused::NotOurs));
        for cost in ["m=19455,t=2,p=1", "m=262145,t=2,p=1", "m=65536,t=1,p=4", "m=65536,t=9,p=4"] {
            assert_eq!(of(&format!("$argon2id$v=19${cost}")), Err(HashRefused::Cost), "{cost}");
        }
        let without_hash = CodeHash::read("$argon2id$v=19$m=19456,t=2,p=1$BwcHBwcHBwcHBwcHBwcHBw");
        assert_eq!(without_hash, Err(HashRefused::NotOurs));
        assert_eq!(CodeHash::read("402817"), Err(HashRefused::NoHash));
    }

    #[test]
    fn the_sites_file_is_one_line_with_remarks() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("staff-code");
        assert_eq!(read_file(&path).unwrap(), None, "no file, no code");
        let hash = hash_code("402817", [7; 16]).unwrap();
        fs::write(&path, format!("# of unit 4711\n\n{hash}\n")).unwrap();
        assert_eq!(read_file(&path).unwrap(), Some(CodeHash::read(&hash).unwrap()));
        for text in ["".to_owned(), "402817\n".to_owned(), format!("{hash}\n{hash}\n")] {
            fs::write(&path, text).unwrap();
            assert!(matches!(read_file(&path), Err(FileRefused::Refused(_))));
        }
    }
}
