// SPDX-License-Identifier: MIT OR Apache-2.0
//! The PC/SC file over a real pcscd and virtual readers: cards and services
//! that come, go, and leave in mid-command.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a bench that fails fails its test")]

mod bench;
#[expect(dead_code, reason = "its main is for people")]
#[path = "../../examples/inspect.rs"]
mod inspect;

use bench::{Watched, alone, reader};
use card_io::card::{self, CardContents};
use card_io::channel::{CardChannel, ChannelError};
use card_io::iso7816::StatusWord;
use card_io::jpki::{Pin, PinKind, SCRATCH_LENGTH, Verification};
use card_io::media::{ReaderEvent, Readers, ReadersStatus};
use card_io::pcsc::{ConnectError, PcscChannel, ReaderFilter};
use card_io::reset::Proof;
use card_io::{CardError, jpki};
use clap::Parser;
use virtual_card::{Fault, Moment};

const SELECT_JPKI_AP: [u8; 15] =
    [0x00, 0xA4, 0x04, 0x0C, 0x0A, 0xD3, 0x92, 0xF0, 0x00, 0x26, 0x01, 0x00, 0x00, 0x00, 0x01];

#[test]
fn a_card_is_seen_read_and_seen_to_leave() {
    alone("a_card_is_seen_read_and_seen_to_leave", |bench| {
        bench.start_service();
        let watched = Watched::start(ReaderFilter::any());
        assert_eq!(watched.next(), ReaderEvent::ServiceStarted);
        for slot in [0, 1] {
            let attached = ReaderEvent::ReaderAttached { reader: reader(slot) };
            assert_eq!(watched.next(), attached);
        }
        bench.insert(0);
        watched.until_inserted(0);
        let mut channel = PcscChannel::connect(&reader(0)).unwrap();
        let reading = channel.reading();
        let contents = card::read(&mut channel, &bench.authority(), reading).unwrap();
        assert!(matches!(contents, CardContents::Profile(_)));
        channel.close();
        bench.remove(0);
        assert_eq!(watched.next(), ReaderEvent::MediaRemoved { reader: reader(0) });
    });
}

#[test]
fn a_card_that_lies_there_at_the_start_is_reported() {
    alone("a_card_that_lies_there_at_the_start_is_reported", |bench| {
        bench.start_service();
        bench.insert(1);
        Watched::start(ReaderFilter::any()).until_inserted(1);
    });
}

#[test]
fn a_card_pulled_in_mid_command_is_gone_and_not_an_error_of_the_reader() {
    alone("a_card_pulled_in_mid_command_is_gone_and_not_an_error_of_the_reader", |bench| {
        bench.start_service();
        let watched = Watched::start(ReaderFilter::any());
        for moment in [Moment::Before, Moment::After] {
            bench.insert(0);
            watched.until_inserted(0);
            let mut channel = PcscChannel::connect(&reader(0)).unwrap();
            bench.fail_next(0, Fault::Tear(moment));
            let lost = channel.transmit(&SELECT_JPKI_AP, &mut [0; 258]).unwrap_err();
            assert!(matches!(lost, ChannelError::CardGone | ChannelError::AnswerLost), "{lost:?}");
            watched.until(|event| matches!(event, ReaderEvent::MediaRemoved { .. }).then_some(()));
            let gone = channel.transmit(&SELECT_JPKI_AP, &mut [0; 258]).unwrap_err();
            assert!(gone.is_connection_over(), "{gone:?}");
            drop(channel);
            assert!(matches!(PcscChannel::connect(&reader(0)), Err(ConnectError::NoCard)));
        }
    });
}

#[test]
fn an_answer_of_one_byte_is_lost_and_the_card_can_be_asked_again() {
    alone("an_answer_of_one_byte_is_lost_and_the_card_can_be_asked_again", |bench| {
        bench.start_service();
        let watched = Watched::start(ReaderFilter::any());
        bench.insert(0);
        watched.until_inserted(0);
        let mut channel = PcscChannel::connect(&reader(0)).unwrap();
        bench.fail_next(0, Fault::Truncate(1));
        let lost = channel.transmit(&SELECT_JPKI_AP, &mut [0; 258]).unwrap_err();
        assert!(matches!(lost, ChannelError::AnswerLost), "{lost:?}");
        assert_eq!(channel.transmit(&SELECT_JPKI_AP, &mut [0; 258]).unwrap(), 2);
    });
}

#[test]
fn the_service_killed_while_waiting_is_found_again_with_its_card() {
    alone("the_service_killed_while_waiting_is_found_again_with_its_card", |bench| {
        bench.start_service();
        let watched = Watched::start(ReaderFilter::any());
        bench.insert(0);
        watched.until_inserted(0);
        let mut channel = PcscChannel::connect(&reader(0)).unwrap();
        for _ in 0..2 {
            bench.stop_service();
            let expected = [
                ReaderEvent::MediaRemoved { reader: reader(0) },
                ReaderEvent::ReaderDetached { reader: reader(0) },
                ReaderEvent::ReaderDetached { reader: reader(1) },
                ReaderEvent::ServiceStopped,
            ];
            expected.iter().for_each(|event| assert_eq!(watched.next(), *event));
            let gone = channel.transmit(&SELECT_JPKI_AP, &mut [0; 258]).unwrap_err();
            assert!(matches!(gone, ChannelError::ServiceGone), "{gone:?}");

            bench.start_service();
            assert_eq!(watched.next(), ReaderEvent::ServiceStarted);
            watched.until_inserted(0);
            channel = PcscChannel::connect(&reader(0)).unwrap();
            assert_eq!(channel.transmit(&SELECT_JPKI_AP, &mut [0; 258]).unwrap(), 2);
        }
    });
}

#[test]
fn a_service_that_comes_late_is_waited_for() {
    alone("a_service_that_comes_late_is_waited_for", |bench| {
        let watched = Watched::start(ReaderFilter::any());
        assert_eq!(watched.next(), ReaderEvent::ServiceStopped);
        assert!(matches!(PcscChannel::connect(&reader(0)), Err(ConnectError::ServiceGone)));
        bench.start_service();
        assert_eq!(watched.next(), ReaderEvent::ServiceStarted);
        assert_eq!(watched.next(), ReaderEvent::ReaderAttached { reader: reader(0) });
    });
}

#[test]
fn two_cards_are_more_than_one_and_each_answers_for_itself() {
    alone("two_cards_are_more_than_one_and_each_answers_for_itself", |bench| {
        bench.start_service();
        let watched = Watched::start(ReaderFilter::any());
        let mut readers = Readers::default();
        bench.insert(0);
        bench.insert(1);
        watched.until(|event| {
            readers.apply(event);
            (readers.status() == ReadersStatus::MoreThanOne).then_some(())
        });
        let authority = bench.authority();
        let identities = [0, 1].map(|slot| {
            let mut channel = PcscChannel::connect(&reader(slot)).unwrap();
            let reading = channel.reading();
            match card::read(&mut channel, &authority, reading).unwrap() {
                CardContents::Profile(identified) => identified.card.identity().clone(),
                _ => panic!("a card of the profile"),
            }
        });
        assert!(identities[0] != identities[1]);
        bench.remove(1);
        watched.until(|event| {
            readers.apply(event);
            (readers.status() == ReadersStatus::One { reader: reader(0) }).then_some(())
        });
    });
}

#[test]
fn a_reader_that_is_not_configured_is_not_seen() {
    alone("a_reader_that_is_not_configured_is_not_seen", |bench| {
        bench.start_service();
        bench.insert(0);
        let only_second = ReaderFilter::starting_with(vec!["Virtual PCD 00 01".to_owned()]);
        let watched = Watched::start(only_second);
        bench.insert(1);
        watched.until(|event| match event {
            ReaderEvent::MediaInserted { reader: on, .. } if *on == reader(1) => Some(()),
            ReaderEvent::ServiceStarted | ReaderEvent::ReaderAttached { .. } => {
                assert_ne!(*event, ReaderEvent::ReaderAttached { reader: reader(0) });
                None
            }
            other => panic!("{other:?}"),
        });
    });
}

#[test]
fn nobody_else_speaks_to_a_connected_card() {
    alone("nobody_else_speaks_to_a_connected_card", |bench| {
        bench.start_service();
        let watched = Watched::start(ReaderFilter::any());
        bench.insert(0);
        watched.until_inserted(0);
        let channel = PcscChannel::connect(&reader(0)).unwrap();
        assert!(matches!(PcscChannel::connect(&reader(0)), Err(ConnectError::InUse)));
        drop(channel);
        assert!(PcscChannel::connect(&reader(0)).is_ok());
    });
}

#[test]
fn a_verified_pin_dies_with_the_connection() {
    alone("a_verified_pin_dies_with_the_connection", |bench| {
        bench.start_service();
        let watched = Watched::start(ReaderFilter::any());
        bench.insert(0);
        watched.until_inserted(0);
        let bytes = bench.user_authentication_pin(0);
        let pin = Pin::new(PinKind::UserAuthentication, &bytes).unwrap();
        let proof = Proof {
            nonce: [0; 32],
            session_id: [0; 16],
            kiosk_id: [0; 16],
            target: PinKind::DigitalSignature,
        };
        let authority = bench.authority();
        let sign = |is_verified_first: bool| {
            let mut channel = PcscChannel::connect(&reader(0)).unwrap();
            let CardContents::Profile(mut identified) =
                card::read(&mut channel, &authority, jpki::Reading::Short).unwrap()
            else {
                panic!("a card of the profile");
            };
            if is_verified_first {
                let mut scratch = [0; SCRATCH_LENGTH];
                let right_to_try = identified.card.try_with(&pin).unwrap().unwrap();
                let verification = right_to_try.verify(&mut scratch).unwrap();
                assert_eq!(verification, Verification::Verified);
            }
            identified.card.sign(&proof)
        };
        assert_eq!(sign(true).unwrap().len(), 256);
        let refused = StatusWord::SECURITY_STATUS_NOT_SATISFIED;
        assert!(matches!(sign(false), Err(CardError::Status { status, .. }) if status == refused));
    });
}

#[test]
fn inspect_shows_a_card_and_names_an_empty_reader() {
    alone("inspect_shows_a_card_and_names_an_empty_reader", |bench| {
        let run = |authority: Option<&str>| {
            let options = authority.into_iter().flat_map(|file| ["--card-authority", file]);
            let arguments =
                inspect::Arguments::parse_from(std::iter::once("inspect").chain(options));
            let mut out = Vec::new();
            let code = inspect::inspect(&arguments, &mut out).unwrap();
            (code, String::from_utf8(out).unwrap())
        };
        assert_eq!(run(None).0, 1, "no service");
        bench.start_service();
        let (code, text) = run(None);
        assert_eq!((code, text.matches("no card").count()), (1, 2));

        let watched = Watched::start(ReaderFilter::any());
        bench.insert(0);
        watched.until_inserted(0);
        let (code, text) = run(Some(bench.authority_file().to_str().unwrap()));
        assert_eq!(code, 0);
        for fact in [
            "JPKIAPICCTOKEN2",
            "3 tries left",
            "5 tries left",
            "days left",
            "not tried",
            "genuine",
            "none was ever authorised",
            "no card",
        ] {
            assert!(text.contains(fact), "{fact} is not in:\n{text}");
        }
    });
}

#[test]
fn a_stopped_watcher_ends_its_wait_and_reports_no_more() {
    alone("a_stopped_watcher_ends_its_wait_and_reports_no_more", |bench| {
        bench.start_service();
        let watched = Watched::start(ReaderFilter::any());
        for _ in 0..3 {
            watched.next();
        }
        assert_eq!(watched.stop(), []);
    });
}

#[test]
fn inspect_takes_an_authority_that_cannot_be_used_for_a_wrong_argument() {
    let no_certificate = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    for file in ["/nowhere/ca.pem", no_certificate] {
        let arguments = ["inspect", "--card-authority", file];
        let refused = inspect::Arguments::try_parse_from(arguments).err().unwrap();
        assert_eq!(refused.exit_code(), 2, "{refused}");
        assert!(refused.to_string().contains(file), "{refused}");
    }
}
