// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the image is made of, as CycloneDX 1.5: each package of Debian and each crate that is
//! linked, with its hash. The same image gives the same text.

use serde_json::{Value, json};

use crate::command::Failure;

use super::{
    crates::{Crate, linked},
    lock::{Lock, Package},
    place::{Place, write as write_text},
};

/// Writes `sbom.cdx.json`.
pub(crate) fn write(place: &Place, version: &str, lock: &Lock) -> Result<String, Failure> {
    let crates = linked()?;
    let path = place.own("sbom.cdx.json");
    write_text(&path, &format!("{:#}\n", document(version, &lock.packages, &crates)))?;
    let (packages, crates) = (lock.packages.len(), crates.len());
    Ok(format!("{}: {packages} packages, {crates} crates", path.display()))
}

fn document(version: &str, packages: &[Package], crates: &[Crate]) -> Value {
    let debian = packages.iter().map(of_package);
    let components: Vec<_> = debian.chain(crates.iter().map(of_crate)).collect();
    json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": { "component": {
            "type": "operating-system",
            "name": "signature-pin-kiosk",
            "version": version,
        } },
        "components": components,
    })
}

fn of_package(package: &Package) -> Value {
    let Package { name, version, sha256 } = package;
    json!({
        "type": "library",
        "name": name,
        "version": version,
        "purl": format!("pkg:deb/debian/{name}@{}?distro=debian-13", escaped(version)),
        "hashes": [{ "alg": "SHA-256", "content": sha256 }],
    })
}

fn of_crate(linked: &Crate) -> Value {
    let Crate { name, version, licence, sha256 } = linked;
    let mut component = json!({
        "type": "library",
        "name": name,
        "version": version,
        "purl": format!("pkg:cargo/{name}@{}", escaped(version)),
    });
    if !licence.is_empty() {
        component["licenses"] = json!([{ "expression": licence.replace('/', " OR ") }]);
    }
    if let Some(sha256) = sha256 {
        component["hashes"] = json!([{ "alg": "SHA-256", "content": sha256 }]);
    }
    component
}

/// The characters of versions that a package URL wants escaped.
fn escaped(version: &str) -> String {
    version.replace('+', "%2B").replace(':', "%3A")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_and_a_crate_are_told_with_hash_and_address() {
        let package =
            Package { name: "zlib1g".into(), version: "1:1.3+b1".into(), sha256: "aa".into() };
        let own = Crate {
            name: "kiosk-app".into(),
            version: "0.1.0".into(),
            licence: "MIT/Apache-2.0".into(),
            sha256: None,
        };
        let text = document("1.2.3", &[package], &[own]).to_string();
        assert!(text.contains("pkg:deb/debian/zlib1g@1%3A1.3%2Bb1?distro=debian-13"), "{text}");
        assert!(text.contains("MIT OR Apache-2.0"), "{text}");
        assert_eq!(text.matches("SHA-256").count(), 1, "{text}");
    }
}
