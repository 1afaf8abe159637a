// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a real card may be sent: the commands with which public clients read what anybody may see
//! (the public card map), and no other. Judged line by line on the virtual card's trace.

/// The applications that a kiosk may ask for, by name: the simulated profile's marker, which a
/// real card has not, 公的個人認証AP and 券面事項入力補助AP.
const APPLICATIONS: [&str; 3] =
    ["F06A706B692D72656631", "D392F000260100000001", "D3921000310001010408"];
/// Token information and the user-authentication certificate.
const READABLE: [&str; 2] = ["0006", "000A"];
/// PINs of the JPKI application, and in the other one its own: an empty VERIFY counts the tries.
const COUNTED: [&str; 3] = ["0018", "001B", "0011"];
/// Whether it is there is public; what is in it needs the signature PIN.
const SIGNATURE_CERTIFICATE: &str = "0001";

/// The first line of a trace that is no public command, if there is one.
#[must_use]
pub fn first_that_is_not(trace: &[String]) -> Option<&str> {
    let mut selected = None;
    trace.iter().map(String::as_str).find(|line| {
        let is_public = is_public(line, selected);
        if let (Some(name), true) = (name(line), line.contains(" 9000 ")) {
            selected = Some(name);
        }
        !is_public
    })
}

/// `selected` is the file or application that the last successful SELECT named.
fn is_public(line: &str, selected: Option<&str>) -> bool {
    let is_of = |files: &[&str]| selected.is_some_and(|selected| files.contains(&selected));
    let (header, rest) = line.split_at_checked(8).unwrap_or((line, ""));
    let has_data = !rest.starts_with(" Nc=0 ");
    match (header, has_data) {
        ("00A4040C", true) => name(line).is_some_and(|name| APPLICATIONS.contains(&name)),
        ("00A4020C", true) => name(line).is_some_and(|name| {
            READABLE.contains(&name) || COUNTED.contains(&name) || name == SIGNATURE_CERTIFICATE
        }),
        ("00200080", false) => is_of(&COUNTED),
        // P1 bit 8 would read another file than the selected one.
        (read, false) => {
            read.starts_with("00B0")
                && read[4..].starts_with(|p1: char| ('0'..='7').contains(&p1))
                && is_of(&READABLE)
        }
        _ => false,
    }
}

/// What a line says that a SELECT named.
fn name(line: &str) -> Option<&str> {
    let (what, name) = line.rsplit(' ').next()?.split_once('=')?;
    ["AID", "EF"].contains(&what).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::first_that_is_not;

    const JPKI: &str = "00A4040C Nc=10 Ne=0 9000 AID=D392F000260100000001";
    const TOKEN: &str = "00A4020C Nc=2 Ne=0 9000 EF=0006";
    const PIN: &str = "00A4020C Nc=2 Ne=0 9000 EF=0018";
    const READ: &str = "00B00000 Nc=0 Ne=256 9000";

    fn first_in(trace: &[&str]) -> Option<String> {
        let trace: Vec<_> = trace.iter().map(|&line| line.to_owned()).collect();
        first_that_is_not(&trace).map(str::to_owned)
    }

    #[test]
    fn looking_at_a_card_is_public() {
        let trace = [
            "00A4040C Nc=10 Ne=0 6A82 AID=F06A706B692D72656631",
            JPKI,
            TOKEN,
            READ,
            PIN,
            "00200080 Nc=0 Ne=0 63C3",
            "00A4020C Nc=2 Ne=0 6A82 EF=0001",
            "00A4020C Nc=2 Ne=0 9000 EF=000A",
            "00B00100 Nc=0 Ne=256 9000",
        ];
        assert_eq!(first_in(&trace), None);
    }

    #[test]
    fn whatever_else_a_card_is_sent_is_found() {
        for stranger in [
            "00840000 Nc=0 Ne=16 9000",
            "00200080 Nc=4 Ne=0 9000",
            "00200081 Nc=0 Ne=0 63C3",
            "0020001B Nc=0 Ne=0 63C3",
            "00A4020C Nc=2 Ne=0 6A82 EF=00E0",
            "00A4020C Nc=2 Ne=0 6A82 EF=00E1",
            "00A4020C Nc=4 Ne=0 6700 EF=?",
            "00A4040C Nc=7 Ne=0 6A82 AID=?",
            "00A4020C Nc=2 Ne=0 9000",
            "00B08600 Nc=0 Ne=256 9000",
            "00B00000 Nc=2 Ne=0 9000",
            "002A9E9A Nc=51 Ne=256 9000",
            "0C2C0080 Nc=45 Ne=256 6E00",
            "0084",
            "",
        ] {
            for file in [TOKEN, PIN] {
                assert_eq!(first_in(&[JPKI, file, stranger]).as_deref(), Some(stranger));
            }
        }
    }

    #[test]
    fn a_file_that_is_only_looked_for_or_counted_is_not_read() {
        let certificate = "00A4020C Nc=2 Ne=0 9000 EF=0001";
        for file in [JPKI, PIN, certificate] {
            assert_eq!(first_in(&[file, READ]).as_deref(), Some(READ), "{file}");
        }
        let absent = "00A4020C Nc=2 Ne=0 6A82 EF=000A";
        assert_eq!(first_in(&[JPKI, absent, READ]).as_deref(), Some(READ));
        let count = "00200080 Nc=0 Ne=0 63C3";
        assert_eq!(first_in(&[JPKI, TOKEN, count]).as_deref(), Some(count));
    }
}
