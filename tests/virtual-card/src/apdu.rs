// SPDX-License-Identifier: MIT OR Apache-2.0
//! Command and response APDUs as the card sees them (ISO/IEC 7816-4:2020, 5.1 to 5.3).
//!
//! A card judges the header first and the lengths later, so the body is kept as a `Result`: a
//! command looks at it at the place in its order of checks where the profile says "Lc".

use crate::status::StatusWord;

/// What carrying out a command gives: response data under 9000, or another status word.
pub(crate) type Answer = Result<Vec<u8>, StatusWord>;

/// A command APDU whose four header bytes are there.
#[derive(Clone)]
pub(crate) struct CommandApdu {
    pub(crate) class: u8,
    pub(crate) instruction: u8,
    pub(crate) p1: u8,
    pub(crate) p2: u8,
    body: Result<Body, StatusWord>,
}

/// Command data and the length of the answer expected.
#[derive(Clone, Default)]
pub(crate) struct Body {
    /// Nc bytes.
    pub(crate) data: Vec<u8>,
    /// Ne, 0 to 65,536: the most response bytes that the sender takes.
    pub(crate) ne: usize,
}

impl CommandApdu {
    /// Reads the header of `bytes` and, as far as it is well formed, the body.
    /// `None` where not even a header is there.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        let (&[class, instruction, p1, p2], body) = bytes.split_first_chunk()?;
        Some(Self { class, instruction, p1, p2, body: parse_body(body) })
    }

    /// The command that stood inside a secure messaging command.
    pub(crate) fn unwrapped(&self, body: Body) -> Self {
        Self { class: 0x00, body: Ok(body), ..*self }
    }

    /// P1 and P2 as one number, the way standards write them.
    pub(crate) fn p1_p2(&self) -> u16 {
        u16::from_be_bytes([self.p1, self.p2])
    }

    /// The body, or 6700 where its lengths do not fit together.
    pub(crate) fn body(&self) -> Result<&Body, StatusWord> {
        self.body.as_ref().map_err(|&status| status)
    }

    /// The body where it holds exactly `nc` bytes and takes `ne` bytes of answer, else 6700.
    pub(crate) fn body_of(&self, nc: usize, ne: usize) -> Result<&Body, StatusWord> {
        let body = self.body()?;
        if body.data.len() == nc && body.ne >= ne {
            Ok(body)
        } else {
            Err(StatusWord::WRONG_LENGTH)
        }
    }
}

/// Cases 1 to 4 of 5.2, short and extended; a length may not be said twice or left over.
fn parse_body(bytes: &[u8]) -> Result<Body, StatusWord> {
    let short = |le: u8| if le == 0 { 256 } else { usize::from(le) };
    let extended = |le: [u8; 2]| match u16::from_be_bytes(le) {
        0 => 65_536,
        le => usize::from(le),
    };
    match *bytes {
        [] => Ok(Body::default()),
        [le] => Ok(Body { data: Vec::new(), ne: short(le) }),
        [0, high, low] => Ok(Body { data: Vec::new(), ne: extended([high, low]) }),
        [0, high, low, ref rest @ ..] => {
            match split_data(rest, usize::from(u16::from_be_bytes([high, low])))? {
                (data, []) => Ok(Body { data, ne: 0 }),
                (data, &[high, low]) => Ok(Body { data, ne: extended([high, low]) }),
                _ => Err(StatusWord::WRONG_LENGTH),
            }
        }
        [lc, ref rest @ ..] => match split_data(rest, usize::from(lc))? {
            (data, []) => Ok(Body { data, ne: 0 }),
            (data, &[le]) => Ok(Body { data, ne: short(le) }),
            _ => Err(StatusWord::WRONG_LENGTH),
        },
    }
}

fn split_data(bytes: &[u8], nc: usize) -> Result<(Vec<u8>, &[u8]), StatusWord> {
    match bytes.split_at_checked(nc) {
        Some((data, rest)) if nc > 0 => Ok((data.to_vec(), rest)),
        _ => Err(StatusWord::WRONG_LENGTH),
    }
}

/// The bytes of a response APDU: data, if any, and the status word.
pub(crate) fn response(answer: Answer) -> Vec<u8> {
    let (mut bytes, status) = match answer {
        Ok(data) => (data, StatusWord::OK),
        Err(status) => (Vec::new(), status),
    };
    bytes.extend(status.to_bytes());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(bytes: &[u8]) -> Option<(Vec<u8>, usize)> {
        let command = CommandApdu::parse(bytes).expect("a header");
        command.body().ok().map(|body| (body.data.clone(), body.ne))
    }

    #[test]
    fn the_four_cases_are_read_in_short_and_extended_form() {
        assert_eq!(body(&[0, 0x20, 0, 0x80]), Some((vec![], 0)));
        assert_eq!(body(&[0, 0x84, 0, 0, 0x10]), Some((vec![], 16)));
        assert_eq!(body(&[0, 0xB0, 0, 0, 0]), Some((vec![], 256)));
        assert_eq!(body(&[0, 0xA4, 2, 0x0C, 2, 0, 6]), Some((vec![0, 6], 0)));
        assert_eq!(body(&[0, 0x88, 0, 0, 1, 7, 0]), Some((vec![7], 256)));
        assert_eq!(body(&[0, 0xB0, 0, 0, 0, 0, 0]), Some((vec![], 65_536)));
        assert_eq!(body(&[0, 0xB0, 0, 0, 0, 1, 2]), Some((vec![], 258)));
        assert_eq!(body(&[0, 0xA4, 2, 0x0C, 0, 0, 2, 0, 6]), Some((vec![0, 6], 0)));
        assert_eq!(body(&[0, 0x88, 0, 0, 0, 0, 1, 7, 0, 0]), Some((vec![7], 65_536)));
    }

    #[test]
    fn lengths_that_do_not_fit_are_refused() {
        for bytes in [
            &[0, 0xA4, 2, 0x0C, 3, 0, 6][..],
            &[0, 0xA4, 2, 0x0C, 1, 0, 6, 0][..],
            &[0, 0xA4, 2, 0x0C, 0, 6][..],
            &[0, 0xA4, 2, 0x0C, 0, 0, 0, 0][..],
            &[0, 0xA4, 2, 0x0C, 0, 0, 2, 0, 6, 0][..],
        ] {
            assert_eq!(body(bytes), None, "{bytes:02X?}");
        }
        assert!(CommandApdu::parse(&[0, 0xA4, 2]).is_none());
    }
}
