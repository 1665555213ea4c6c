//! A program at the driver (XDP): it takes packets before any filter, and before a packet socket.

use crate::machine::Machine;
use nix::libc;
use nix::net::if_::if_nametoindex;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

/// Has the driver of this machine's interface drop TCP to port 22, of either family, until the value is
/// dropped or this process ends.
pub(crate) fn drop_ssh(machine: &Machine, interface: &str) -> OwnedFd {
    machine.within(|| {
        let program = bpf(PROGRAM_LOAD, &Load::new(&DROP_SSH)).expect("the program is sound");
        let attach = Attach {
            program: u32::try_from(program.as_raw_fd()).unwrap(),
            interface: if_nametoindex(interface).unwrap(),
            kind: XDP_ATTACHMENT,
            flags: GENERIC,
        };
        bpf(LINK_CREATE, &attach).expect("a kernel that attaches programs to links (5.9)")
    })
}

/// The attributes of `BPF_PROG_LOAD` (`linux/bpf.h`).
#[repr(C)]
struct Load {
    kind: u32,
    count: u32,
    instructions: *const u64,
    licence: *const u8,
    /// The verifier's log, the kernel's version, flags, a name and an interface.
    unused: [u32; 11],
    attachment: u32,
}

impl Load {
    fn new(instructions: &'static [u64]) -> Self {
        Self {
            kind: XDP_PROGRAM,
            count: u32::try_from(instructions.len()).unwrap(),
            instructions: instructions.as_ptr(),
            licence: c"Apache-2.0".as_ptr().cast(),
            unused: [0; 11],
            attachment: XDP_ATTACHMENT,
        }
    }
}

/// The attributes of `BPF_LINK_CREATE`.
#[repr(C)]
struct Attach {
    program: u32,
    interface: u32,
    kind: u32,
    flags: u32,
}

fn bpf<T>(command: libc::c_long, attributes: &T) -> io::Result<OwnedFd> {
    #[expect(unsafe_code, reason = "no library of the tests makes this call")]
    // SAFETY: the kernel reads the attributes, whose pointers are to static data, and gives a new file.
    unsafe {
        let made = libc::syscall(
            libc::SYS_bpf,
            command,
            std::ptr::from_ref(attributes),
            size_of::<T>(),
        );
        if made < 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(OwnedFd::from_raw_fd(i32::try_from(made).unwrap_or(-1)))
    }
}

/// An instruction (RFC 9669 section 3.1): code, registers, where a jump leads, operand.
const fn instruction(code: u8, destination: u8, source: u8, offset: i16, operand: i32) -> u64 {
    let [low, high] = offset.to_ne_bytes();
    let [a, b, c, d] = operand.to_ne_bytes();
    u64::from_ne_bytes([code, source << 4 | destination, low, high, a, b, c, d])
}

/// A number of two bytes as it stands in a packet.
const fn in_packet(number: u16) -> i32 {
    number.to_be() as i32
}

const DROP_SSH: [u64; 19] = [
    instruction(LOAD_WORD, 2, 1, 0, 0),
    instruction(LOAD_WORD, 3, 1, 4, 0),
    instruction(SET, 0, 0, 0, PASS),
    instruction(COPY, 4, 2, 0, 0),
    instruction(ADD, 4, 0, 0, 58),
    instruction(IF_GREATER, 4, 3, 12, 0),
    instruction(LOAD_HALF, 5, 2, 12, 0),
    instruction(IF_OTHER, 5, 0, 4, in_packet(0x0800)),
    instruction(LOAD_BYTE, 5, 2, 23, 0),
    instruction(IF_OTHER, 5, 0, 8, TCP),
    instruction(LOAD_HALF, 5, 2, 36, 0),
    instruction(GO, 0, 0, 4, 0),
    instruction(IF_OTHER, 5, 0, 5, in_packet(0x86dd)),
    instruction(LOAD_BYTE, 5, 2, 20, 0),
    instruction(IF_OTHER, 5, 0, 3, TCP),
    instruction(LOAD_HALF, 5, 2, 56, 0),
    instruction(IF_OTHER, 5, 0, 1, in_packet(22)),
    instruction(SET, 0, 0, 0, DROP),
    instruction(EXIT, 0, 0, 0, 0),
];

const LOAD_WORD: u8 = 0x61;
const LOAD_HALF: u8 = 0x69;
const LOAD_BYTE: u8 = 0x71;
const SET: u8 = 0xb7;
const COPY: u8 = 0xbf;
const ADD: u8 = 0x07;
const GO: u8 = 0x05;
const IF_GREATER: u8 = 0x2d;
const IF_OTHER: u8 = 0x55;
const EXIT: u8 = 0x95;
const TCP: i32 = 6;
const DROP: i32 = 1;
const PASS: i32 = 2;

// Numbers of `linux/bpf.h` and `linux/if_link.h`.
const PROGRAM_LOAD: libc::c_long = 5;
const LINK_CREATE: libc::c_long = 28;
const XDP_PROGRAM: u32 = 6;
const XDP_ATTACHMENT: u32 = 37;
/// By the kernel itself, since the driver of a virtual link has no part in it.
const GENERIC: u32 = 2;
