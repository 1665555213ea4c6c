//! Scripts for the command channels of cloud vendors, which run a script as root and keep so much of
//! what it prints.

/// A vendor's command channel.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Channel {
    /// Tencent Cloud TAT: keeps 24 KiB (`MAX_REPORT_BYTES` of its agent)
    Tat,
    /// AWS Systems Manager Run Command: keeps the first 24,000 characters
    Aws,
    /// Azure Run Command: keeps the last 4,096 bytes
    Azure,
}

impl Channel {
    /// The most bytes that the script may print; the channel's own words need room too.
    pub fn limit(self) -> usize {
        match self {
            Self::Tat => 24 * 1024 - 76,
            Self::Aws => 24_000 - 100,
            Self::Azure => 4096 - 196,
        }
    }

    fn keeps(self) -> &'static str {
        match self {
            Self::Tat => "Tencent Cloud TAT, which keeps 24 KiB of the output",
            Self::Aws => "AWS Run Command, which keeps the first 24,000 characters of the output",
            Self::Azure => "Azure Run Command, which keeps the last 4,096 bytes of the output",
        }
    }
}

/// A POSIX shell script that runs an installed `reachdx inside` with these arguments and prints a block
/// that the channel keeps whole.
pub fn script(channel: Channel, arguments: &[String]) -> String {
    let mut words = String::new();
    for argument in arguments {
        words.push(' ');
        words.push_str(&quoted(argument));
    }
    format!(
        "#!/bin/sh\n\
         # For {}.\n\
         PATH=\"${{PATH:-/usr/bin:/bin}}:{PLACES}\"\n\
         export PATH\n\
         if ! command -v reachdx >/dev/null 2>&1; then\n\
         \x20   echo 'error: reachdx is not installed here: put it into /usr/local/bin'\n\
         \x20   exit 3\n\
         fi\n\
         exec reachdx inside --format block --limit {}{words} 2>&1\n",
        channel.keeps(),
        channel.limit()
    )
}

/// One word of a shell's command line.
pub(super) fn quoted(argument: &str) -> String {
    let plain = |it: char| it.is_ascii_alphanumeric() || "-_.,:/=@+".contains(it);
    if !argument.is_empty() && argument.chars().all(plain) {
        argument.to_owned()
    } else {
        format!("'{}'", argument.replace('\'', r"'\''"))
    }
}

const PLACES: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/opt/reachdx/bin:/opt/bin:/root/bin";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_reach_the_tool_as_they_are() {
        for (argument, want) in [
            ("--from", "--from"),
            ("::1", "::1"),
            ("", "''"),
            ("a'b $c", r"'a'\''b $c'"),
        ] {
            assert_eq!(quoted(argument), want);
        }
    }
}
