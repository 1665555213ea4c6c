//! Which parts of the kernel are present, so that a question never makes the kernel load one.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use std::collections::BTreeSet;

/// The kernel's modules, loaded or built in.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Modules {
    loadable: bool,
    complete: bool,
    present: BTreeSet<String>,
}

impl Modules {
    /// Reads `/proc/modules` and `modules.builtin`; `None` for a file that does not exist.
    ///
    /// A kernel without `/proc/modules` cannot load modules at all: nothing a question does can
    /// change it, so everything counts as present.
    pub fn new(loaded: Option<&str>, built_in: Option<&str>) -> Self {
        let first_words = loaded
            .into_iter()
            .flat_map(str::lines)
            .filter_map(|line| line.split_ascii_whitespace().next());
        let base_names = built_in
            .into_iter()
            .flat_map(str::lines)
            .filter_map(|line| line.trim().rsplit('/').next()?.strip_suffix(".ko"));
        Self {
            loadable: loaded.is_some(),
            complete: built_in.is_some(),
            present: first_words
                .chain(base_names)
                .map(|name| name.replace('-', "_"))
                .collect(),
        }
    }

    /// True when using this module cannot load it.
    pub fn present(&self, name: &str) -> bool {
        !self.loadable || self.present.contains(name)
    }

    /// True when this module is certainly neither loaded nor built in; not the opposite of
    /// [`Self::present`], because without `modules.builtin` neither is certain.
    pub fn absent(&self, name: &str) -> bool {
        self.complete && !self.present(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOADED: &str = "\
nf_tables 376832 3 nft_compat,nft_chain_nat, Live 0x0000000000000000
tcp_diag 16384 0 - Live 0x0000000000000000
";
    const BUILT_IN: &str = "kernel/net/ipv4/inet_diag.ko\nkernel/fs/nls/nls-utf8.ko\n";

    #[test]
    fn a_module_is_present_when_loaded_or_built_in() {
        let modules = Modules::new(Some(LOADED), Some(BUILT_IN));
        for name in ["nf_tables", "tcp_diag", "inet_diag", "nls_utf8"] {
            assert!(modules.present(name), "{name}");
        }
        for name in ["nft_compat", "udp_diag", "tcp", ""] {
            assert!(!modules.present(name) && modules.absent(name), "{name}");
        }
    }

    #[test]
    fn a_kernel_that_cannot_load_modules_has_all_it_will_ever_have() {
        assert!(Modules::new(None, None).present("tcp_diag"));
        assert!(!Modules::new(None, Some("")).absent("tcp_diag"));
    }

    #[test]
    fn without_the_list_of_built_in_modules_absence_is_not_certain() {
        let modules = Modules::new(Some(LOADED), None);
        assert!(modules.present("nf_tables"));
        assert!(!modules.present("udp_diag") && !modules.absent("udp_diag"));
    }
}
