// SPDX-License-Identifier: MIT OR Apache-2.0
//! The words by which a resident knows screens and buttons, in the language of the sources;
//! `words::Language::say` gives them in the resident's own.

macro_rules! screens {
    ($($(#[doc = $doc:literal])+ $name:ident = $words:literal;)+) => {
        $($(#[doc = $doc])+ pub const $name: &str = $words;)+

        #[cfg(test)]
        const ALL: &[&str] = &[$($name),+];
    };
}

screens! {
    /// The kiosk waits for a resident.
    ATTRACT = "Set a new signature PIN here";
    /// Button: choose another language.
    LANGUAGE = "Language";
    /// The languages.
    CHOOSE_LANGUAGE = "Choose your language";
    /// Button: when the machine can be used.
    HOURS = "Hours";
    /// Button: numbers to call, and what is good to know.
    HELP = "Help";
    /// Button of the help.
    NEXT_PAGE = "Next page";
    /// Outside the hours.
    CLOSED = "Closed now";
    /// Closed by the operator, or announced.
    MAINTENANCE = "Closed for maintenance";
    /// The policy offers this nowhere here.
    NOT_OFFERED = "This machine does not do this now";
    /// An update has the machine.
    LEASED = "This machine is being updated";
    /// What to do with the card.
    CHOOSE = "What would you like to do?";
    /// Button: the main job.
    SET_NEW_PIN = "Set a new signature PIN";
    /// Button: look without a PIN.
    CHECK_MY_CARD = "Check my card (no PIN needed)";
    /// Check my card: this store can help.
    CAN_BE_SET = "You can set a new PIN here";
    /// Check my card: there is nothing to help with, unless the PIN is forgotten.
    NOT_LOCKED = "Your PINs are not locked";
    /// Check my card: this store cannot help.
    GO_TO_MUNICIPALITY = "Please go to your municipality";
    /// Check my card: a real card at a unit on trial.
    ON_TRIAL = "No new PIN can be set here";
    /// Why only the municipality can help.
    PROOF_LOCKED =
        "The 4-digit PIN is locked. Only the counter of your municipality can set it anew.";
    /// The same.
    BOTH_LOCKED = "Both PINs are locked. The counter of your municipality can set both anew.";
    /// The same.
    NO_SIGNATURE_CERTIFICATE = "There is no signature certificate on this card. If you need one, \
        the counter of your municipality can help.";
    /// The same.
    CERTIFICATE_EXPIRED = "The user-authentication certificate has expired. The counter of your \
        municipality renews it, free of charge.";
    /// Check my card: no reset was ever authorised.
    NEVER_RESET = "There is no record of it on the card";
    /// Check my card: what became of the last reset.
    RESET_DONE = "Done: the new PIN is set";
    /// The same.
    RESET_NOT_DONE = "Not done: the PIN is as it was before";
    /// Check my card, once the service has settled the last reset.
    RESERVATION_USED = "Your reservation has been used.";
    /// The same.
    RESERVATION_OPEN = "Your reservation still holds. You can try again.";
    /// Button: the second page of Check my card.
    SEE_MORE = "See more";
    /// That page.
    MORE = "Certificates and other PINs";
    /// On it: the renewal window of the user-authentication certificate.
    RENEWAL = "Can be renewed at your municipality, free, from 3 months before the end";
    /// On it: of the signature certificate.
    END_NEEDS_ITS_PIN = "On the card; its end cannot be read without its PIN";
    /// On it: whose tries are counted, too.
    INPUT_SUPPORT = "Input support PIN (4 digits)";
    /// On it.
    NOT_LOOKED_AT = "Cannot be looked at here";
    /// Button.
    BACK = "Back";
    /// The one line of warning.
    BEWARE = "Are you here of your own accord?";
    /// Button.
    GO_ON = "Yes, go on";
    /// The pad for the 4-digit PIN.
    FOUR_DIGITS = "Type your 4-digit PIN";
    /// On that pad, after a wrong PIN.
    WRONG_PIN = "That was not the right PIN.";
    /// Before the last try.
    LAST_TRY = "One try is left";
    /// Button.
    KNOWN = "I know it, go on";
    /// Button.
    OK = "OK";
    /// The pad for the new PIN.
    NEW_PIN = "Choose a new signature PIN";
    /// The pad for the new PIN again.
    REPEAT = "Type the new PIN once more";
    /// Button: the last touch before the card is written.
    SET_THIS_PIN = "Set this PIN";
    /// While the card is being written.
    NO_WAY_BACK = "This cannot be cancelled now.";
    /// The card was lifted.
    PUT_BACK = "Put your card back";
    /// The card did not answer while it was written.
    PUT_BACK_ANEW = "Lift your card and put it back";
    /// Another card lies there.
    OTHER_CARD = "This is another card.";
    /// On an ending that is not certain: the card can still tell.
    CAN_STILL_TELL = "Put the card back on the reader now: the card itself can tell.";
    /// The time is running out.
    STILL_THERE = "Are you still there?";
    /// The card lies there after the ending.
    TAKE_CARD = "Take your card";
    /// In the corner of an ending, with its code for `{}`.
    CODE = "Code {}";
    /// The unit serves nobody.
    OUT_OF_SERVICE = "This machine cannot be used now";
    /// A card lies there that belongs to no session.
    LEFT_BEHIND = "A card was left here";
    /// The process is about to end.
    STOPPED = "One moment, please";
    /// The pad for the staff code.
    STAFF_CODE = "Staff code";
    /// The staff page: its first page, and the button to it.
    OVERVIEW = "Overview";
    /// On it: the unit would serve.
    READY = "Ready for customers";
    /// On it: a card was laid there.
    TAKE_CARD_AWAY = "A card lies on the reader: take it away";
    /// Button: what can be tried.
    TESTS = "Tests";
    /// Button.
    TRY_READER = "Try the reader";
    /// Button.
    CALL_SERVICE = "Call it";
    /// A test came out well.
    IN_ORDER = "In order";
    /// Button.
    PLAY_TONE = "Play the tone";
    /// The tone's test came out well.
    PLAYED = "Played";
    /// Button: the page of the lock.
    CLEANING = "Cleaning";
    /// Button.
    LOCK = "Lock the screen";
    /// The screen takes no touch.
    LOCKED = "Please wipe the screen now";
    /// Button.
    ACTIONS = "Actions";
    /// Button.
    RESTART = "Restart the kiosk";
    /// Button.
    REBOOT = "Restart the machine";
    /// Button.
    ALLOW_STICK = "Allow a USB stick";
    /// The wish for it was left.
    STICK_ALLOWED = "Put the stick in now: it can be read for 10 minutes.";
    /// Button.
    INSTALL = "Install the update";
    /// The wish for it was left.
    INSTALL_ASKED_FOR = "Asked for: see the overview for how far it is.";
    /// Button: it is meant.
    DO_IT = "Yes, do it";
    /// A wish was left for the system.
    ASKED_FOR = "Asked for: it takes a moment.";
    /// Button.
    CANCEL = "Cancel";
    /// Button of an ending.
    FINISH = "Finish";
}

#[cfg(test)]
mod tests {
    use super::ALL;
    use crate::words::Language;

    #[test]
    fn the_screens_still_say_these_words() {
        let strange: Vec<_> = ALL.iter().filter(|words| !Language::Japanese.knows(words)).collect();
        assert!(strange.is_empty(), "no screen says {strange:?}");
    }
}
