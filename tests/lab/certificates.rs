//! Host keys and certificates, made once a test run and kept in memory: nothing stays on disk.

use crate::machine::Machine;
use std::collections::BTreeMap;
use std::fs;
use std::sync::OnceLock;

/// A file made by [`MAKE`], such as `ca.pem` or `valid.pem`.
pub(crate) fn file(name: &str) -> &'static [u8] {
    static FILES: OnceLock<BTreeMap<&'static str, Vec<u8>>> = OnceLock::new();
    let files = FILES.get_or_init(|| {
        let workshop = Machine::start("workshop");
        workshop.sh(MAKE);
        let read = |name| {
            (
                name,
                fs::read(workshop.path(&format!("/run/lab/{name}"))).unwrap(),
            )
        };
        NAMES.map(read).into()
    });
    files
        .get(name)
        .map_or_else(|| panic!("no such file `{name}`"), Vec::as_slice)
}

const NAMES: [&str; 8] = [
    "ca.pem",
    "host_key",
    "valid.pem",
    "valid.key",
    "expired.pem",
    "other_name.pem",
    "untrusted.pem",
    "untrusted.key",
];

/// All leaf certificates of our authority share one key. `openssl ca` is the only command of OpenSSL
/// 3.0 that can date a certificate back.
const MAKE: &str = r#"
cd /run/lab
ssh-keygen -q -t ed25519 -N '' -f host_key
new_key='-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes'
openssl req -x509 $new_key -keyout ca.key -out ca.pem -days 30 -subj '/CN=Lab authority' \
    -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign
openssl req $new_key -keyout valid.key -out leaf.csr -subj /CN=web.lab.example
openssl req -x509 $new_key -keyout untrusted.key -out untrusted.pem -days 30 \
    -subj /CN=web.lab.example -addext subjectAltName=DNS:web.lab.example \
    -addext basicConstraints=critical,CA:FALSE
cat >ca.conf <<END
[ca]
default_ca = lab
[lab]
database = index
serial = serial
new_certs_dir = .
default_md = sha256
policy = any
unique_subject = no
[any]
commonName = supplied
[ours]
basicConstraints = critical,CA:FALSE
extendedKeyUsage = serverAuth
subjectAltName = DNS:web.lab.example,IP:203.0.113.10,IP:2001:db8:1::10
[theirs]
basicConstraints = critical,CA:FALSE
extendedKeyUsage = serverAuth
subjectAltName = DNS:other.lab.example
END
touch index
echo 01 >serial
sign() {
    openssl ca -batch -notext -config ca.conf -cert ca.pem -keyfile ca.key -in leaf.csr "$@"
}
sign -extensions ours -days 20 -out valid.pem
sign -extensions theirs -days 20 -out other_name.pem
sign -extensions ours -startdate 20240101000000Z -enddate 20240401000000Z -out expired.pem
"#;
