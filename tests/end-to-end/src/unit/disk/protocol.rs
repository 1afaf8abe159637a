// SPDX-License-Identifier: MIT OR Apache-2.0
//! The server's end of NBD, for one client.

use std::{
    io::{self, Read, Write},
    os::unix::net::UnixStream,
};

use super::cache::Cache;

/// How a client left.
pub(super) enum Ended {
    /// It said so.
    Orderly,
    /// Its connection broke.
    Cut,
}

const MAGIC: u64 = 0x4E42_444D_4147_4943; // NBDMAGIC
const OPTION_MAGIC: u64 = 0x4948_4156_454F_5054; // IHAVEOPT
const OPTION_REPLY: u64 = 0x0003_E889_0455_65A9;
const REQUEST: u32 = 0x2560_9513;
const REPLY: u32 = 0x6744_6698;

/// Fixed newstyle, no zeroes after the old export option.
const HANDSHAKE_FLAGS: u16 = 0b11;
/// Has flags, sends flush, takes FUA.
const EXPORT_FLAGS: u16 = 0b1101;
const COMMAND_FUA: u16 = 1;

const OPT_ABORT: u32 = 2;
const OPT_INFO: u32 = 6;
const OPT_GO: u32 = 7;
const REP_ACK: u32 = 1;
const REP_INFO: u32 = 3;
const REP_UNSUPPORTED: u32 = 0x8000_0001;
const INFO_EXPORT: u16 = 0;

const CMD_READ: u16 = 0;
const CMD_WRITE: u16 = 1;
const CMD_DISCONNECT: u16 = 2;
const CMD_FLUSH: u16 = 3;

const EIO: u32 = 5;
const EINVAL: u32 = 22;

/// Longer requests are not made: QEMU splits at 32 MiB.
const LONGEST: u64 = 32 << 20;

/// Serves until the client leaves.
pub(super) fn serve(mut stream: UnixStream, cache: &mut Cache) -> io::Result<Ended> {
    match negotiate(&mut stream, cache) {
        Ok(true) => {}
        Ok(false) => return Ok(Ended::Orderly),
        Err(_) => return Ok(Ended::Cut),
    }
    loop {
        let Ok(request) = Request::read(&mut stream) else { return Ok(Ended::Cut) };
        if request.command == CMD_DISCONNECT {
            return Ok(Ended::Orderly);
        }
        if answer(&mut stream, cache, &request).is_err() {
            return Ok(Ended::Cut);
        }
    }
}

/// Tells whether the client wants the disk.
fn negotiate(stream: &mut UnixStream, cache: &Cache) -> io::Result<bool> {
    stream.write_all(&MAGIC.to_be_bytes())?;
    stream.write_all(&OPTION_MAGIC.to_be_bytes())?;
    stream.write_all(&HANDSHAKE_FLAGS.to_be_bytes())?;
    let _flags = u32::from_be_bytes(read(stream)?);
    loop {
        if u64::from_be_bytes(read(stream)?) != OPTION_MAGIC {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let option = u32::from_be_bytes(read(stream)?);
        let length = u32::from_be_bytes(read(stream)?);
        io::copy(&mut stream.take(length.into()), &mut io::sink())?;
        match option {
            OPT_GO | OPT_INFO => {
                let mut export = INFO_EXPORT.to_be_bytes().to_vec();
                export.extend(cache.size().to_be_bytes());
                export.extend(EXPORT_FLAGS.to_be_bytes());
                reply(stream, option, REP_INFO, &export)?;
                reply(stream, option, REP_ACK, &[])?;
                if option == OPT_GO {
                    return Ok(true);
                }
            }
            OPT_ABORT => {
                reply(stream, option, REP_ACK, &[])?;
                return Ok(false);
            }
            _ => reply(stream, option, REP_UNSUPPORTED, &[])?,
        }
    }
}

fn reply(stream: &mut UnixStream, option: u32, kind: u32, data: &[u8]) -> io::Result<()> {
    let mut message = OPTION_REPLY.to_be_bytes().to_vec();
    for number in [option, kind, data.len() as u32] {
        message.extend(number.to_be_bytes());
    }
    message.extend(data);
    stream.write_all(&message)
}

struct Request {
    is_through: bool,
    command: u16,
    cookie: [u8; 8],
    offset: u64,
    length: u64,
}

impl Request {
    fn read(stream: &mut UnixStream) -> io::Result<Self> {
        if u32::from_be_bytes(read(stream)?) != REQUEST {
            return Err(io::ErrorKind::InvalidData.into());
        }
        Ok(Self {
            is_through: u16::from_be_bytes(read(stream)?) & COMMAND_FUA != 0,
            command: u16::from_be_bytes(read(stream)?),
            cookie: read(stream)?,
            offset: u64::from_be_bytes(read(stream)?),
            length: u32::from_be_bytes(read(stream)?).into(),
        })
    }
}

/// An error of the stream ends the connection; one of the disk is told.
fn answer(stream: &mut UnixStream, cache: &mut Cache, request: &Request) -> io::Result<()> {
    let is_fit = request.length <= LONGEST && cache.has(request.offset, request.length);
    let mut data = Vec::new();
    if request.command == CMD_WRITE {
        if request.length > LONGEST {
            return Err(io::ErrorKind::InvalidData.into());
        }
        data.resize(request.length as usize, 0);
        stream.read_exact(&mut data)?;
    }
    let mut given = Vec::new();
    let done = match request.command {
        CMD_READ if is_fit => {
            given.resize(request.length as usize, 0);
            cache.read(request.offset, &mut given)
        }
        CMD_WRITE if is_fit && request.is_through => cache.write_through(request.offset, &data),
        CMD_WRITE if is_fit => {
            cache.write(request.offset, &data);
            Ok(())
        }
        CMD_FLUSH => cache.flush(),
        _ => Err(io::ErrorKind::InvalidInput.into()),
    };
    let error = match done {
        Ok(()) => 0,
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => EINVAL,
        Err(_) => EIO,
    };
    stream.write_all(&REPLY.to_be_bytes())?;
    stream.write_all(&error.to_be_bytes())?;
    stream.write_all(&request.cookie)?;
    if error == 0 { stream.write_all(&given) } else { Ok(()) }
}

fn read<const N: usize>(stream: &mut UnixStream) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    stream.read_exact(&mut bytes)?;
    Ok(bytes)
}
