// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a kiosk does with the card in such a conversation, command by command
//! (profile `ref-eac-1`, section 2), without anything that would reset a PIN.

use backend_client::wire::{
    KioskId, Nonce, Opaque, OpenSession, Profile, SessionOpened, Target, TokenInfo,
};
use ring::digest::{SHA256, digest};
use virtual_card::Card;

const SELECT_AP: &[u8] = b"\x00\xA4\x04\x0C\x0A\xD3\x92\xF0\x00\x26\x01\x00\x00\x00\x01";

/// DigestInfo of SHA-256 (RFC 8017, section 9.2), before the 32 bytes of the digest.
const DIGEST_INFO: &[u8] =
    b"\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20";

/// A card on a reader.
pub(crate) struct Laid {
    card: Card,
    card_id: [u8; 16],
    pin: String,
}

impl Laid {
    pub(crate) fn new(mut card: Card, card_id: &str, pin: String) -> Self {
        card.power_on();
        let card_id = u128::from_str_radix(card_id, 16).unwrap().to_be_bytes();
        let mut laid = Self { card, card_id, pin };
        laid.command(SELECT_AP, &[], None);
        laid
    }

    /// Sends `header || data`, with a length before the data and `ne` after it.
    fn command(&mut self, header: &[u8], data: &[u8], ne: Option<u8>) -> Vec<u8> {
        let mut command = header.to_vec();
        if !data.is_empty() {
            command.push(u8::try_from(data.len()).unwrap());
            command.extend_from_slice(data);
        }
        command.extend(ne);
        let mut answer = self.card.execute(&command);
        let status = answer.split_off(answer.len() - 2);
        assert_eq!(status, [0x90, 0x00], "{header:02X?}");
        answer
    }

    fn select(&mut self, file: [u8; 2]) {
        self.command(b"\x00\xA4\x02\x0C", &file, None);
    }

    /// A certificate: its DER length is in the first four bytes.
    fn certificate(&mut self, file: [u8; 2]) -> Opaque {
        self.select(file);
        let head = self.command(b"\x00\xB0\x00\x00", &[], Some(4));
        let [0x30, 0x82, high, low] = head[..] else { panic!("{head:02X?}") };
        let length = usize::from(u16::from_be_bytes([high, low])) + 4;
        let mut bytes = Vec::new();
        while bytes.len() < length {
            let [high, low] = u16::try_from(bytes.len()).unwrap().to_be_bytes();
            let ne = u8::try_from((length - bytes.len()).min(255)).unwrap();
            bytes.extend(self.command(&[0x00, 0xB0, high, low], &[], Some(ne)));
        }
        Opaque::from(bytes)
    }

    pub(crate) fn open_session(&mut self) -> OpenSession {
        OpenSession {
            target: Target::Signature,
            profile: Profile::RefEac1,
            card_token_info: TokenInfo::try_from("JPKIAPICCTOKEN2").unwrap(),
            key_agreement_certificate: self.certificate([0x00, 0xE0]),
            attestation_certificate: self.certificate([0x00, 0xE1]),
            authentication_certificate: self.certificate([0x00, 0x0A]),
            software: "0.1.0".parse().unwrap(),
        }
    }

    /// VERIFY of 利用者証明用, then its signature over the session's transcript.
    pub(crate) fn prove(&mut self, session: &SessionOpened, kiosk_id: KioskId) -> Opaque {
        self.select([0x00, 0x18]);
        let pin = self.pin.clone();
        self.command(b"\x00\x20\x00\x80", pin.as_bytes(), None);
        let transcript = [
            b"jpki-reset/proof/1\0".as_slice(),
            &session.nonce.0,
            session.session_id.as_bytes(),
            &kiosk_id.0,
            &self.card_id,
            &[0x1B],
        ]
        .concat();
        self.select([0x00, 0x17]);
        let hash = digest(&SHA256, &transcript);
        let digest_info = [DIGEST_INFO, hash.as_ref()].concat();
        Opaque::from(self.command(b"\x80\x2A\x00\x80", &digest_info, Some(0)))
    }

    /// The card's challenge, and the hash of a key that is never used.
    pub(crate) fn ask_for_ticket(&mut self) -> Opaque {
        let challenge = self.command(b"\x00\x84\x00\x00", &[], Some(16));
        let hash = digest(&SHA256, b"no key");
        Opaque::from([&challenge, hash.as_ref()].concat())
    }

    /// EXTERNAL AUTHENTICATE: key number, then ticket and signature.
    pub(crate) fn present(&mut self, response: &Opaque) {
        let (key_number, ticket) = response.as_bytes().split_first().unwrap();
        self.command(&[0x00, 0x82, 0x00, *key_number], ticket, None);
    }

    pub(crate) fn leave_and_come_back(&mut self) {
        self.card.power_off();
        self.card.power_on();
        self.command(SELECT_AP, &[], None);
    }

    pub(crate) fn receipt(&mut self, nonce: Nonce) -> Opaque {
        Opaque::from(self.command(b"\x00\x88\x00\x00", &nonce.0, Some(0)))
    }
}
