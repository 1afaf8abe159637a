// SPDX-License-Identifier: MIT OR Apache-2.0
//! One fault as a line of text: what, how often, for which path.

use std::str::FromStr;
use std::time::Duration;

use axum::http::StatusCode;

use crate::problem::Problem;

/// A fault that waits for its requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// What goes wrong.
    pub fault: Fault,
    /// For so many requests; at least one.
    pub times: u32,
    /// For requests whose path holds this text.
    pub path: String,
}

/// What goes wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Nothing: the rules behind this one are for later requests.
    Pass,
    /// The connection is cut before the request is looked at.
    CutBefore,
    /// The request is carried out, then the connection is cut.
    CutAfter,
    /// The request is carried out, and the connection cut in the middle of the answer.
    CutMidAnswer,
    /// The request waits before it is carried out.
    Delay(Duration),
    /// A refusal without the request being looked at.
    Refuse(Problem),
    /// A status with a body that is not of this service.
    Status(StatusCode),
    /// The request is carried out, and this text of the answer's JSON arrives with another first
    /// character.
    Spoil(String),
    /// 200 with a body that is not JSON.
    Garbage,
    /// The request is carried out, and answered as another session's would be: with another id,
    /// nonce, ticket and result.
    Foreign,
    /// The service ends before the request is looked at, as by a crash.
    EndBefore,
    /// The request is carried out, then the service ends before the answer goes out.
    EndAfter,
}

/// The line is not understood.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "not a fault; one of: pass N PATH, cut-before N PATH, cut-after N PATH, cut-mid N PATH, \
     delay N PATH MILLISECONDS, answer N PATH CODE|STATUS, spoil N PATH MEMBER, garbage N PATH, \
     foreign N PATH, end-before N PATH, end-after N PATH"
)]
pub struct NotAFault;

impl FromStr for Rule {
    type Err = NotAFault;

    fn from_str(line: &str) -> Result<Self, NotAFault> {
        let words: Vec<&str> = line.split_whitespace().collect();
        let (fault, times, path) = match words.as_slice() {
            ["cut-before", times, path] => (Fault::CutBefore, times, path),
            ["cut-after", times, path] => (Fault::CutAfter, times, path),
            ["cut-mid", times, path] => (Fault::CutMidAnswer, times, path),
            ["pass", times, path] => (Fault::Pass, times, path),
            ["garbage", times, path] => (Fault::Garbage, times, path),
            ["foreign", times, path] => (Fault::Foreign, times, path),
            ["end-before", times, path] => (Fault::EndBefore, times, path),
            ["end-after", times, path] => (Fault::EndAfter, times, path),
            ["delay", times, path, milliseconds] => {
                let milliseconds = milliseconds.parse().map_err(|_| NotAFault)?;
                (Fault::Delay(Duration::from_millis(milliseconds)), times, path)
            }
            ["spoil", times, path, member] => (Fault::Spoil((*member).to_owned()), times, path),
            ["answer", times, path, answer] => (answered(answer)?, times, path),
            _ => return Err(NotAFault),
        };
        let times = times.parse().ok().filter(|times| *times > 0).ok_or(NotAFault)?;
        Ok(Self { fault, times, path: (*path).to_owned() })
    }
}

/// A problem code, or a bare status.
fn answered(answer: &str) -> Result<Fault, NotAFault> {
    let problem = Problem::examples().into_iter().find(|problem| problem.code() == answer);
    if let Some(problem) = problem {
        return Ok(Fault::Refuse(problem));
    }
    let status = answer.parse().ok().and_then(|status| StatusCode::from_u16(status).ok());
    status.map(Fault::Status).ok_or(NotAFault)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_fault_with_its_count_and_its_path() {
        let rule: Rule = "answer 2 /ticket ticket-limit".parse().unwrap();
        assert_eq!((rule.times, rule.path.as_str()), (2, "/ticket"));
        assert!(matches!(rule.fault, Fault::Refuse(Problem::TicketLimit { .. })));
        let rule: Rule = "spoil 1 /ticket response".parse().unwrap();
        assert_eq!(rule.fault, Fault::Spoil("response".to_owned()));
        let rule: Rule = "answer 1 / 502".parse().unwrap();
        assert_eq!(rule.fault, Fault::Status(StatusCode::BAD_GATEWAY));
    }

    #[test]
    fn a_line_that_is_not_one_is_refused() {
        for line in ["", "cut-after 0 /", "cut-after /", "answer 1 / no-such-code", "burn 1 /"] {
            assert_eq!(line.parse::<Rule>(), Err(NotAFault), "{line}");
        }
    }
}
